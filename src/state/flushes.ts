/**
 * Who waits until all that was taken in so far has settled. Commits settle in the order in which they are taken in, so two
 * counts tell which have.
 */
export interface Flushes {
  readonly isAwaited: boolean;
  /** One more was taken in. */
  take(): void;
  /** So many more are settled; without a number, all. Those who wait for them are told. */
  settle(commits?: number): void;
  wait(): Promise<void>;
  /** Rejects for all who wait now. */
  fail(error: unknown): void;
}

export function flushes(): Flushes {
  let taken = 0;
  let settled = 0;
  const waiting: { readonly target: number; resolve(): void; reject(error: unknown): void }[] = [];
  return {
    get isAwaited() {
      return waiting.length > 0;
    },
    take() {
      taken++;
    },
    settle(commits = taken - settled) {
      settled += commits;
      while (waiting[0] !== undefined && waiting[0].target <= settled) waiting.shift()?.resolve();
    },
    wait() {
      if (settled >= taken) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiting.push({ target: taken, resolve, reject });
      });
    },
    fail(error) {
      for (const { reject } of waiting.splice(0)) reject(error);
    },
  };
}
