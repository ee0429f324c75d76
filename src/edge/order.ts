import type { StateRequest } from "./request.ts";

/**
 * Runs `work` when it is admitted and all that came in earlier and writes to one of its scopes has begun. `work` calls
 * `onBegun` when its place in the store's own order is taken. Rejects as `admission` or `work` does.
 */
export type InOrder = <T>(
  scopes: readonly string[],
  admission: Promise<void>,
  work: (onBegun: () => void) => Promise<T>,
) => Promise<T>;

/** Lets writes to a scope begin in the order they came in, however long each is asked about before. */
export function arrivalOrder(): InOrder {
  /** By scope: settles when the last write that came in, and all before it, have begun or never will. */
  const last = new Map<string, Promise<void>>();

  return async (scopes, admission, work) => {
    const before = Promise.all(scopes.map((scope) => last.get(scope))).then(() => {});
    let leave: (next?: Promise<void>) => void = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    for (const scope of scopes) last.set(scope, left);
    void left.then(() => {
      for (const scope of scopes) if (last.get(scope) === left) last.delete(scope);
    });
    try {
      await Promise.all([admission, before]);
      return await work(leave);
    } finally {
      // What is refused at once must not let the next one pass those before it.
      leave(before);
    }
  };
}

/** The scopes that a request writes to, as it says; it is not checked yet, and what it says wrong will be refused. */
export function scopesWritten(request: StateRequest): readonly string[] {
  switch (request.kind) {
    case "set":
    case "update":
    case "delete":
      return [request.scope];
    case "batch":
      return Array.isArray(request.changes)
        ? [...new Set(request.changes.map((change) => change?.scope))]
        : [];
    default:
      return [];
  }
}
