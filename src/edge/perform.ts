import {
  type BatchChange,
  formatScope,
  type Handle,
  parseScope,
  StateError,
  type StateManager,
} from "../index.ts";
import { CHANGE_FIELDS, checkFields, checkName } from "../internal.ts";
import type { ListOptions, RemoteChange, RemoteEntry, RemoteList, StateRequest } from "./request.ts";
import { functionOf } from "./update.ts";

/** Entries in one answer. */
const MOST_LISTED = 1_000;

/**
 * Does what a request asks for. Rejects with `invalid` or a TypeError for a request that is malformed. `onBegun` is called
 * when a write has its place in the store's order, behind all that were begun before.
 */
export async function perform(
  state: StateManager,
  request: StateRequest,
  onBegun: () => void,
): Promise<unknown> {
  switch (request?.kind) {
    case "get":
      checkName(request.key, "key");
      return inScope(state, request.scope, onBegun, (handle) => entryOf(handle, request.key));
    case "set":
      return inScope(state, request.scope, onBegun, (handle) =>
        handle.set(request.key, request.value, request.options),
      );
    case "update": {
      const change = functionOf(request.operation);
      return inScope(state, request.scope, onBegun, (handle) =>
        handle.update(request.key, change, request.options),
      );
    }
    case "delete":
      return inScope(state, request.scope, onBegun, (handle) => handle.delete(request.key, request.options));
    case "batch": {
      if (!Array.isArray(request.changes)) throw new TypeError("a batch needs a list of changes");
      const result = state.setMany(request.changes.map(changeOf), request.options);
      onBegun();
      return result;
    }
    case "list":
      return inScope(state, request.scope, onBegun, (handle) =>
        listOf(handle, request.options === undefined ? {} : request.options),
      );
    case "scopes":
      return (await state.scopes()).map(formatScope);
    case "timeline":
      if (typeof request.correlationId !== "string") throw new TypeError("correlationId must be a string");
      return state.timeline(request.correlationId);
    default:
      throw new StateError(
        "invalid",
        "a request is { kind: get | set | update | delete | batch | list | scopes | timeline, … }",
      );
  }
}

/** Scopes stay in memory between requests as far as `cacheSizeLimit` allows, so the next one reads nothing. */
async function inScope<T>(
  state: StateManager,
  scope: string,
  onBegun: () => void,
  work: (handle: Handle) => T | Promise<T>,
): Promise<T> {
  const handle = await state.scope(parseScope(scope));
  try {
    const result = work(handle);
    onBegun();
    return await result;
  } finally {
    handle.close();
  }
}

function changeOf(change: RemoteChange): BatchChange {
  checkFields("a field of a change", change, CHANGE_FIELDS);
  return { ...change, scope: parseScope(change.scope) };
}

/** Undefined where there is none. */
function entryOf(handle: Handle, key: string): RemoteEntry | undefined {
  const revision = handle.revision(key);
  return revision === undefined ? undefined : { value: handle.get(key), revision };
}

/** In the order of keys, so that a list can be read on while others write. */
function listOf(handle: Handle, options: ListOptions): RemoteList {
  checkFields("an option of a list", options, ["prefix", "limit", "after"]);
  const { prefix = "", limit = 100, after = "" } = options;
  if (typeof prefix !== "string" || typeof after !== "string")
    throw new TypeError("prefix and after must be strings");
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED))
    throw new StateError("invalid", `limit must be a whole number from 1 to ${MOST_LISTED}`);
  const keys = handle
    .keys()
    .filter((key) => key.startsWith(prefix) && key > after)
    .sort();
  const entries = keys.slice(0, limit).flatMap((key) => {
    const entry = entryOf(handle, key);
    return entry === undefined ? [] : [{ key, ...entry }];
  });
  const last = keys[limit - 1];
  return keys.length > limit && last !== undefined ? { entries, next: last } : { entries };
}
