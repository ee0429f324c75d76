/** The core door: open a store, scopes, hooks' results, errors, and the types of all of it. */
import { memory } from "../adapters/memory/index.ts";
import { openStore } from "./open.ts";
import type { StateManagerOptions } from "./options.ts";
import type { Bound } from "./state/correlation.ts";
import type { Schema } from "./state/schema.ts";
import type { StateManager as OpenState } from "./state-manager.ts";

// No alias: what an alias stands for has no name that the declarations of callers can say.
/** An open store. */
export interface StateManager<S extends Schema = Schema> extends OpenState<S> {
  /** The same store with a correlation that goes with each operation. */
  with(bound: Bound): StateManager<S>;
}

/** The only way in. */
export const StateManager = {
  /**
   * Opens a store, or makes a new one at the first write. Rejects with `unsupported` where the storage does not offer what
   * `require` asks for, `locked` where another writer holds it, `newer_format`, `corrupt`, or the storage's own failure.
   *
   * @example
   * const state = await StateManager.open({ storage: filesystem({ path: "./agent-state" }) });
   */
  open: <S extends Schema = Schema>(options: StateManagerOptions<S> = {}): Promise<StateManager<S>> =>
    openStore(options, memory),
  /** A store in the memory of this process, gone at its end. */
  inMemory: (): Promise<StateManager> => openStore({}, memory),
} as const;

export type { EventHandler } from "./events/bus.ts";
export type {
  EventMetadata,
  EventTypes,
  ForkedData,
  ForkedPage,
  ForkedWrite,
  PendingData,
  ResyncData,
  StateChangeData,
  StatusData,
  SubscriberFailedData,
  UniversalEvent,
} from "./events/event.ts";
export type { QueueOptions } from "./events/queue.ts";
export type { EventStream } from "./events/stream.ts";
export type { StateErrorCode, StateErrorFacts } from "./ground/error.ts";
export { isStateError, StateError } from "./ground/error.ts";
export type { Clock, Correlation, Lifecycle, Logger, PendingStore, Ports, Random } from "./ground/ports.ts";
export type { Revision } from "./ground/revision.ts";
export { parseRevision, REVISION_ZERO, revisionTime } from "./ground/revision.ts";
export type { ScopeOf, ScopeText, StateScope, SystemScope } from "./ground/scope.ts";
export {
  agent,
  custom,
  formatScope,
  globalScope,
  hookScope,
  parseScope,
  session,
  step,
  tool,
  user,
  workflow,
} from "./ground/scope.ts";
export type { ValueType } from "./ground/value-type.ts";
export { OpaqueValue } from "./ground/value-type.ts";
export type { BreakerOptions } from "./hooks/breaker.ts";
export type {
  HookAnswer,
  HookContext,
  HookFunction,
  HookHandle,
  HookInfo,
  HookOptions,
  HookSubject,
  Hooks,
  PointSubject,
  StateChange,
  SubjectAt,
  ValueText,
} from "./hooks/hook.ts";
export type { HookPoint } from "./hooks/point.ts";
export type { HookFailure } from "./hooks/port.ts";
export type {
  HookRun,
  Recorded,
  RecordedChange,
  RecordedContext,
  RecordedError,
  RecordedResult,
  RecordedValue,
} from "./hooks/recorded.ts";
export type { HookRegistry } from "./hooks/registry.ts";
export { hookRegistry as createHooks } from "./hooks/registry.ts";
export type { ForkedChange, HookResult } from "./hooks/result.ts";
export { cache, cancel, fork, modify, proceed, redirect, replace, retry, skip } from "./hooks/result.ts";
export type { PersistenceOptions, RequireOptions, StateManagerOptions } from "./options.ts";
export type { HookOutcome } from "./state/ask.ts";
export type { BatchChange, BatchWriter } from "./state/batch.ts";
export type { Bound } from "./state/correlation.ts";
export type { Handle, ScopeEntries, Values } from "./state/handle.ts";
export type { Timeline, TimelineEntry } from "./state/history.ts";
export type { WriteOptions, WriteResult } from "./state/result.ts";
export type { Schema, Shape, StandardSchema } from "./state/schema.ts";
export type { ScopeValues, StateEvents, StateHooks } from "./state-manager.ts";
export type { Capabilities, Requirements } from "./store/capabilities.ts";
export type { StorageAdapter } from "./store/store.ts";
