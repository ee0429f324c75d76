import { SYSTEM } from "./correlation.ts";
import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { globMatcher } from "./glob.ts";
import { pendingJournal } from "./pending.ts";
import { recoverPending } from "./pending-recovery.ts";
import { statusTeller } from "./status.ts";

/** When buffered changes are stored; `persistence` in the options says what each means. */
export interface FlushRules {
  readonly flushIntervalMs: number;
  readonly batchSize: number;
  readonly immediateFlushPatterns: readonly string[];
  readonly pendingJournal: boolean;
}

export interface BufferedFlush {
  onBuffered(draft: Draft): void;
  /** Some commits have settled, or, with an error, a page could not be stored. */
  onProgress(error?: unknown): void;
  /** The open has finished but for this: from now on there may be something to flush. */
  begin(): Promise<void>;
  /** No flush begins by itself any more. */
  stop(): void;
  /** All is stored, or will not be. */
  end(): void;
}

/** After a failed flush the next try waits at least so long, doubling up to the flush interval's tenfold. */
const RETRY_MS = 250;

/** Timers take what is longer for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** Decides when buffered changes are stored: by time, by number, at once for keys that are critical, before the program ends. */
export function bufferedFlush(engine: Engine, rules: FlushRules): BufferedFlush {
  const { flushIntervalMs, batchSize } = rules;
  const { lifecycle } = engine.ports;
  // Values at rest are sealed where the store says so, and this journal cannot seal.
  const isOpenText = engine.journal.head?.mode.encryption !== true;
  const store = rules.pendingJournal && isOpenText ? lifecycle?.pending : undefined;
  const isCritical = globMatcher(rules.immediateFlushPatterns);
  const tellStatus = engine.isBuffered ? statusTeller(engine) : undefined;
  const kept = store && engine.isBuffered ? pendingJournal(engine, store) : undefined;
  const recovery = store && recoverPending(engine, store, attempt);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFlushing = false;
  let isDueAgain = false;
  let failures = 0;
  let isStopped = false;
  let unsubscribe: (() => void) | undefined;

  /** Stores all there is. Never rejects: a failure is told, and tried again. */
  async function attempt(): Promise<boolean> {
    calm();
    try {
      await engine.writer.flush();
      failures = 0;
      return true;
    } catch (error) {
      failures++;
      // Before it is told: a write of whoever hears of it must not put the next try off.
      later(Math.min(flushIntervalMs * 10, RETRY_MS * 2 ** failures));
      const data = { error, pending: engine.writer.pending };
      engine.bus.publish({ type: "flush.failed", data, correlation: SYSTEM });
      return false;
    }
  }

  async function flush(): Promise<void> {
    if (isFlushing) {
      isDueAgain = true;
      return;
    }
    isFlushing = true;
    do {
      isDueAgain = false;
      await attempt();
      // Whoever called meanwhile was stored too, but for what came when the last page was just settled.
    } while (isDueAgain && failures === 0 && engine.writer.pending > 0);
    isFlushing = false;
  }

  /** The program may end after this turn. Where nothing waits nothing is touched, so what was cleared stays so. */
  function suspend(): Promise<void> | undefined {
    if (engine.writer.pending === 0) return undefined;
    kept?.keep();
    return attempt().then(() => undefined);
  }

  function later(ms: number): void {
    if (isStopped) return;
    if (timer === undefined) {
      timer = setTimeout(
        () => {
          timer = undefined;
          void flush();
        },
        Math.min(ms, LONGEST_MS),
      );
      if (lifecycle?.seesIdleEnd === true) timer.unref?.();
    }
  }

  function calm(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    onBuffered(draft) {
      kept?.name(draft);
      tellStatus?.();
      const isDue =
        engine.writer.pending >= batchSize ||
        draft.changes.some((c) => isCritical(c.key) || isCritical(`${c.view.text}/${c.key}`));
      if (isDue && failures === 0) void flush();
      else later(flushIntervalMs);
    },
    onProgress(error) {
      kept?.settle();
      tellStatus?.(error);
    },
    async begin() {
      if (engine.journal.readOnly !== undefined) return;
      await kept?.begin();
      if (engine.isBuffered) unsubscribe = lifecycle?.onSuspend(suspend);
      recovery?.begin();
    },
    stop() {
      isStopped = true;
      calm();
      recovery?.stop();
    },
    end() {
      unsubscribe?.();
      // What could not be stored at the end is for the next opening.
      if (engine.writer.pending > 0) kept?.keep();
      kept?.end();
    },
  };
}
