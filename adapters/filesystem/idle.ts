import { clearTimeout, setTimeout } from "node:timers";

/** Runs a task once after commits have ceased for a moment. */
export interface Idle {
  /** To be told of each commit. One timer serves them all, and keeps no program alive. */
  note(): void;
  /** Resolves when the task is not running and will not run again. */
  stop(): Promise<void>;
}

const IDLE_MS = 50;

export function createIdle(task: () => Promise<void>, report: (error: unknown) => void): Idle {
  let noted = 0;
  let seen = 0;
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  /** A runtime may fire a refreshed timer that was cleared, and a commit may end after the stop: neither wakes the task. */
  let isStopped = false;

  function look(): void {
    if (isStopped) return;
    if (seen !== noted) {
      seen = noted;
      timer?.refresh();
      return;
    }
    timer = undefined;
    running = task().catch(report);
  }

  return {
    note() {
      noted++;
      if (isStopped) return;
      timer ??= setTimeout(look, IDLE_MS).unref();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
