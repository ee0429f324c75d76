import type { EventBus } from "../events/bus.ts";
import type { Codec } from "../ground/codec.ts";
import type { Ports } from "../ground/ports.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { HookEnv } from "../hooks/port.ts";
import type { HookRegistry } from "../hooks/registry.ts";
import type { JournalState } from "../journal/state.ts";
import type { Draft } from "./draft.ts";
import type { Schema } from "./schema.ts";
import type { Views } from "./view.ts";
import type { Writer } from "./writer.ts";

/** What the parts of one open store share. Made once, by `open.ts`. */
export interface Engine {
  readonly ports: Ports;
  readonly journal: JournalState;
  readonly codec: Codec;
  readonly hooks: HookRegistry;
  readonly hookEnv: HookEnv;
  readonly bus: EventBus;
  readonly views: Views;
  readonly writer: Writer;
  readonly schema: Schema | undefined;
  readonly isBuffered: boolean;
  /** Tells whoever decides when to flush of a buffered change. */
  onBuffered(draft: Draft): void;
  /** A correlation id that nobody used. */
  correlationId(): string;
  /** Operations that were called and have not settled, after hooks included; `close` waits for them. */
  readonly running: Set<Promise<unknown>>;
  readonly now: () => number;
  /** Set where scopes live in several stores: throws for one that is not of this store. Asked for what hooks reach for. */
  confine?: ((scope: ScopeText) => void) | undefined;
  /** Ends for all handles with the store. */
  readonly life: { isOpen: boolean };
}
