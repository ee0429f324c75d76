import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import type { Correlation } from "../ground/ports.ts";
import { formatScope, type ScopeText, type StateScope } from "../ground/scope.ts";
import { checkWriteOptions } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import type { Request } from "./request.ts";
import type { WriteOptions, WriteResult } from "./result.ts";
import type { ScopeView } from "./view.ts";
import { writeAll } from "./write.ts";

/** One change of a batch. */
export interface BatchChange {
  readonly scope: StateScope;
  readonly key: string;
  /** A deletion has none. */
  readonly value?: unknown;
  /** Default `set`. */
  readonly operation?: "set" | "delete";
  readonly ttlMs?: number;
}

/** Gathers the changes of one commit. For one key the last change wins. */
export interface BatchWriter {
  set(scope: StateScope, key: string, value: unknown, options?: { readonly ttlMs?: number }): void;
  delete(scope: StateScope, key: string): void;
}

interface Gathered {
  readonly scope: ScopeText;
  readonly request: Omit<Request, "view">;
}

/** Runs `fn` and takes the values as they are then. It must not be asynchronous. */
export function gather(engine: Engine, fn: (tx: BatchWriter) => void): Gathered[] {
  if (typeof fn !== "function") throw new TypeError("batch needs a function");
  const gathered: Gathered[] = [];
  let isOpen = true;
  const use = () => {
    if (!isOpen)
      throw new StateError("closed", "a batch ends when its function returns; it cannot wait for anything");
  };
  const returned: unknown = fn({
    set(scope, key, value, options) {
      use();
      const ttlMs = options === undefined ? undefined : checkWriteOptions(options).ttlMs;
      const encoded = engine.codec.encode(value, checkName(key, "key"));
      gathered.push({ scope: formatScope(scope), request: { key, operation: "set", value: encoded, ttlMs } });
    },
    delete(scope, key) {
      use();
      const request = { key: checkName(key, "key"), operation: "delete", value: undefined } as const;
      gathered.push({ scope: formatScope(scope), request });
    },
  });
  isOpen = false;
  if (returned instanceof Promise) throw new TypeError("the function given to batch must be synchronous");
  return gathered;
}

/** Atomic over many keys and scopes: one veto or failure, and nothing of it happens. */
export async function commitBatch(
  engine: Engine,
  gathered: readonly Gathered[],
  correlation: Correlation,
  options?: WriteOptions,
): Promise<WriteResult> {
  if (options?.expectedRevision !== undefined) {
    throw new StateError("invalid", "expectedRevision is of one key; a batch has many");
  }
  const views = new Map<ScopeText, ScopeView>();
  try {
    for (const { scope } of gathered) if (!views.has(scope)) views.set(scope, await engine.views.hold(scope));
    const requests = gathered.flatMap(({ scope, request }): Request[] => {
      const view = views.get(scope);
      return view === undefined ? [] : [{ ...request, view }];
    });
    return await writeAll(engine, requests, correlation, options?.signal);
  } finally {
    for (const view of views.values()) engine.views.release(view);
  }
}
