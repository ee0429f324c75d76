/** Durable Objects that hold a store each, and the clients of them: for Cloudflare Workers. */
export type { Access } from "./edge/access.ts";
export {
  agentState,
  agentStub,
  type RemoteHandle,
  type StateClient,
  type StateNamespace,
  type StateStub,
  stateClient,
} from "./edge/client.ts";
export type { RemoteFailure } from "./edge/outcome.ts";
export type { Packed } from "./edge/packed.ts";
export type { MirrorNamespace } from "./edge/platform.ts";
export { type EdgeRead, type EdgeReader, type EdgeReadOptions, edgeReader } from "./edge/reader.ts";
export type {
  ListOptions,
  RemoteChange,
  RemoteEntry,
  RemoteList,
  RemoteWriteOptions,
  StateRequest,
  UpdateOperation,
} from "./edge/request.ts";
export { StateObject, type StateObjectOptions } from "./edge/state-object.ts";
export type { WatchMessage } from "./edge/watch.ts";
export type { WatchClient, WatchOptions } from "./edge/watch-client.ts";
export type { WireValue } from "./edge/wire.ts";
