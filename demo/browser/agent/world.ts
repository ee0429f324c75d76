import type { Document } from "./document.ts";
import type { Fact } from "./fact.ts";
import type { Reply } from "./reply.ts";

/** What a step works on. */
export interface World {
  readonly documents: readonly Document[];
  readonly facts: readonly Fact[];
  /** The agent's reply before this one. */
  readonly last: Reply | undefined;
  /** Names what this step keeps. */
  readonly stepId: string;
}

/** What a step came to: words, and what changes with them in the same commit. */
export interface Outcome {
  readonly reply: Reply;
  readonly keep?: Fact;
  readonly drop?: readonly string[];
}
