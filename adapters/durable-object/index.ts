/** The door of the Durable Object adapter. */
export { type DurableObjectOptions, durableObject } from "./adapter.ts";
export type {
  DurableStorageLike,
  KeyValueLike,
  ListOptions,
  SqlCursorLike,
  SqlLike,
} from "./storage.ts";
