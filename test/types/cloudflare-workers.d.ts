/**
 * As much of the platform's module as examples use. Its real types clash with the DOM's; the tests inside workerd are
 * compiled with those.
 */
import type { DurableStorageLike } from "../../adapters/durable-object/index.ts";

export interface DurableObjectState {
  readonly storage: DurableStorageLike & { deleteAll(): Promise<void> };
  blockConcurrencyWhile<T>(run: () => Promise<T>): Promise<T>;
}

export declare abstract class DurableObject<Env = unknown> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;
  constructor(ctx: DurableObjectState, env: Env);
  fetch?(request: Request): Response | Promise<Response>;
}
