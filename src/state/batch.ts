import { StateError } from "../ground/error.ts";
import { checkFields } from "../ground/fields.ts";
import { checkName } from "../ground/name.ts";
import type { Correlation } from "../ground/ports.ts";
import { formatScope, type ScopeText, type StateScope } from "../ground/scope.ts";
import { checkWriteOptions } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import type { Request } from "./request.ts";
import type { WriteResult } from "./result.ts";
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

/** A change whose value was taken, before its scope is loaded. */
export interface Gathered {
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
      const text = formatScope(scope);
      const encoded = engine.codec.encode(value, checkName(key, "key"));
      gathered.push({ scope: text, request: { key, operation: "set", value: encoded, ttlMs } });
    },
    delete(scope, key) {
      use();
      const text = formatScope(scope);
      const request = { key: checkName(key, "key"), operation: "delete", value: undefined } as const;
      gathered.push({ scope: text, request });
    },
  });
  isOpen = false;
  if (returned instanceof Promise) throw new TypeError("the function given to batch must be synchronous");
  return gathered;
}

/** The fields of a `BatchChange`. */
export const CHANGE_FIELDS = ["scope", "key", "value", "operation", "ttlMs"];

/** Puts one change of a list into a batch. */
export function gatherChange(tx: BatchWriter, change: BatchChange): void {
  checkFields("a field of a change", change, CHANGE_FIELDS);
  const { scope, key, value, operation = "set", ttlMs } = change;
  if (operation === "delete") tx.delete(scope, key);
  else if (operation === "set") tx.set(scope, key, value, ttlMs === undefined ? undefined : { ttlMs });
  else
    throw new StateError("invalid", `the operation of a change is set or delete, not ${String(operation)}`);
}

/** Atomic over many keys and scopes: one veto or failure, and nothing of it happens. */
export async function commitBatch(
  engine: Engine,
  gathered: readonly Gathered[],
  correlation: Correlation,
  signal?: AbortSignal,
): Promise<WriteResult> {
  const { views } = engine;
  const wanted = lastOfEach(gathered);
  const scopes = [...new Set(wanted.map(({ scope }) => scope))];
  const held = new Map<ScopeText, ScopeView>();
  async function requests(): Promise<Request[]> {
    const all: Request[] = [];
    for (const { scope, request } of wanted) {
      const view = held.get(scope) ?? (await views.hold(scope));
      held.set(scope, view);
      all.push({ ...request, view });
    }
    return all;
  }
  try {
    return await writeAll(engine, scopes.map(views.lane), requests, correlation, signal);
  } finally {
    for (const view of held.values()) views.release(view);
  }
}

/** Nobody is asked about a change that another one of the batch replaces. */
function lastOfEach(gathered: readonly Gathered[]): readonly Gathered[] {
  const last = new Map<ScopeText, Map<string, number>>();
  const replaced = new Set<number>();
  gathered.forEach(({ scope, request }, at) => {
    let places = last.get(scope);
    if (places === undefined) {
      places = new Map();
      last.set(scope, places);
    }
    const before = places.get(request.key);
    if (before !== undefined) replaced.add(before);
    places.set(request.key, at);
  });
  return replaced.size === 0 ? gathered : gathered.filter((_, at) => !replaced.has(at));
}
