/**
 * The order of writes to one scope. A write holds the lane while its hooks run and leaves it when its change is queued,
 * so the next one's hooks see the queued value.
 */
export interface Lane {
  /** Nobody holds it and nobody waits. A write that needs no hooks then takes no turn at all. */
  readonly isFree: boolean;
  /** Resolves with the way out when all who came before have left. */
  enter(): Promise<() => void>;
}

export function lane(): Lane {
  let held = 0;
  let last: Promise<void> = Promise.resolve();
  return {
    get isFree() {
      return held === 0;
    },
    async enter() {
      held++;
      const before = last;
      let leave = () => {};
      last = new Promise((resolve) => {
        leave = () => {
          held--;
          resolve();
        };
      });
      await before;
      return leave;
    },
  };
}

/**
 * Holds several lanes. The place in all of them is taken before this returns, so whoever waits for another came later in
 * every lane that both want, and two never wait for each other.
 */
export async function enterAll(lanes: readonly Lane[]): Promise<() => void> {
  const exits = await Promise.all(lanes.map((one) => one.enter()));
  return () => {
    for (const exit of exits) exit();
  };
}
