import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { globMatcher } from "./glob.ts";

/** When buffered changes are stored; `persistence` in the options says what each means. */
export interface FlushRules {
  readonly flushIntervalMs: number;
  readonly batchSize: number;
  readonly immediateFlushPatterns: readonly string[];
}

export interface BufferedFlush {
  onBuffered(draft: Draft): void;
  stop(): void;
}

/** After a failed flush the next try waits at least so long, doubling up to the flush interval's tenfold. */
const RETRY_MS = 250;

/** Decides when buffered changes are stored: by time, by number, at once for keys that are critical. */
export function bufferedFlush(engine: Engine, rules: FlushRules): BufferedFlush {
  const { flushIntervalMs, batchSize } = rules;
  const isCritical = globMatcher(rules.immediateFlushPatterns);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFlushing = false;
  let failures = 0;
  let isStopped = false;

  async function flush(): Promise<void> {
    if (isFlushing) return;
    isFlushing = true;
    calm();
    try {
      await engine.writer.flush();
      failures = 0;
    } catch (error) {
      failures++;
      const data = { error, pending: engine.writer.pending };
      engine.bus.publish({
        type: "flush.failed",
        data,
        correlation: { correlationId: "system", triggeredBy: "system" },
      });
      later(Math.min(flushIntervalMs * 10, RETRY_MS * 2 ** failures));
    } finally {
      isFlushing = false;
    }
  }

  function later(ms: number): void {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms);
  }

  function calm(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    onBuffered(draft) {
      const isDue =
        engine.writer.pending >= batchSize ||
        draft.changes.some((c) => isCritical(c.key) || isCritical(`${c.view.text}/${c.key}`));
      if (isDue && failures === 0) void flush();
      else later(flushIntervalMs);
    },
    stop() {
      isStopped = true;
      calm();
    },
  };
}
