import type { StateError } from "../ground/error.ts";
import type { HookSubject } from "./hook.ts";
import type { RegisteredHook } from "./registry.ts";
import type { HookResult } from "./result.ts";

/** A run to be recorded, before it is known what is stored in the end. Holds the values themselves. */
export interface RunDraft {
  readonly hook: RegisteredHook;
  /** As the hook saw it; its value is the same reference that a later `modify` or the commit holds, never a copy. */
  readonly subject: HookSubject;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly correlationId: string;
  readonly attempt: number;
  readonly result?: HookResult | undefined;
  readonly error?: StateError | undefined;
  readonly custom?: unknown;
  readonly isCached: boolean;
}
