import type { Engine } from "./engine.ts";

/** `close` waits for what is under way. */
export function track(engine: Engine, work: Promise<void>): void {
  engine.running.add(work);
  void work.finally(() => engine.running.delete(work));
}
