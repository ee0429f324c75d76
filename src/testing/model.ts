import { equalBytes } from "../ground/bytes.ts";
import { type Codec, createCodec, type EncodedValue } from "../ground/codec.ts";
import { checkName } from "../ground/name.ts";
import { formatScope, parseScope, type ScopeText, type StateScope } from "../ground/scope.ts";
import type { ValueType } from "../ground/value-type.ts";
import type { StateManager } from "../state-manager.ts";

export interface ModelOptions {
  /** Wall time in milliseconds; give the store the same clock. Default `Date.now`. */
  readonly now?: () => number;
  /** As given to the store. */
  readonly types?: readonly ValueType[];
}

/** One change of a model's batch: as of `setMany`. */
export interface ModelChange {
  readonly scope: StateScope;
  readonly key: string;
  readonly value?: unknown;
  /** Default `set`. */
  readonly operation?: "set" | "delete";
  readonly ttlMs?: number;
}

/**
 * What a store means, as plain Maps: do to it what you do to a store, in the same order, and ask for the differences.
 * It knows nothing of hooks, durability or other writers.
 *
 * @example
 * const model = stateModel();
 * await state.set("a", 1);
 * model.set(globalScope(), "a", 1);
 * expect(await model.differences(state)).toEqual([]);
 */
export interface StateModel {
  set(scope: StateScope, key: string, value: unknown, options?: { readonly ttlMs?: number }): void;
  delete(scope: StateScope, key: string): void;
  update(scope: StateScope, key: string, fn: (old: unknown) => unknown): void;
  /** At once; for one key the last change wins. */
  batch(changes: readonly ModelChange[]): void;
  /** Removes all entries of a scope. */
  clear(scope: StateScope): void;
  get(scope: StateScope, key: string): unknown;
  has(scope: StateScope, key: string): boolean;
  /** Sorted. */
  keys(scope: StateScope): string[];
  /** Those with entries. */
  scopes(): StateScope[];
  /** Goes its own way from here on. */
  copy(): StateModel;
  /**
   * What an open store says otherwise, one sentence each: entries, values, and which entry changed before which. Opens
   * every scope that either of the two knows of.
   */
  differences(state: Readable): Promise<string[]>;
}

/** What the comparison needs of a store. */
export type Readable = Pick<StateManager, "scope" | "scopes">;

interface Entry {
  readonly value: EncodedValue;
  /** Grows with each commit. */
  readonly commit: number;
  readonly expiresAt: number | undefined;
}

type Scopes = Map<ScopeText, Map<string, Entry>>;

export function stateModel({ now = Date.now, types = [] }: ModelOptions = {}): StateModel {
  return modelOf(new Map(), 0, { now, codec: createCodec(types) });
}

interface Surroundings {
  readonly now: () => number;
  readonly codec: Codec;
}

function modelOf(scopes: Scopes, commits: number, surroundings: Surroundings): StateModel {
  const { now, codec } = surroundings;

  const isLive = ({ expiresAt }: Entry) => expiresAt === undefined || expiresAt > now();

  function live(scope: StateScope): Map<string, Entry> {
    return new Map([...(scopes.get(formatScope(scope)) ?? [])].filter(([, entry]) => isLive(entry)));
  }

  function entry(scope: StateScope, key: string): Entry | undefined {
    const found = scopes.get(formatScope(scope))?.get(key);
    return found !== undefined && isLive(found) ? found : undefined;
  }

  function apply({ scope, key, value, operation = "set", ttlMs }: ModelChange): void {
    const text = formatScope(scope);
    const entries = scopes.get(text) ?? new Map<string, Entry>();
    scopes.set(text, entries);
    checkName(key, "key");
    if (operation === "delete") entries.delete(key);
    else {
      const expiresAt = ttlMs === undefined ? undefined : now() + ttlMs;
      entries.set(key, { value: codec.encode(value, key), commit: commits, expiresAt });
    }
  }

  const model: StateModel = {
    set: (scope, key, value, options) => model.batch([{ scope, key, value, ...options }]),
    delete: (scope, key) => model.batch([{ scope, key, operation: "delete" }]),
    update: (scope, key, fn) => model.set(scope, key, fn(model.get(scope, key))),
    batch(changes) {
      commits++;
      for (const change of changes) apply(change);
    },
    clear: (scope) =>
      model.batch(model.keys(scope).map((key) => ({ scope, key, operation: "delete" as const }))),
    get(scope, key) {
      const found = entry(scope, key);
      return found && codec.decode(found.value).value;
    },
    has: (scope, key) => entry(scope, key) !== undefined,
    keys: (scope) => [...live(scope).keys()].sort(),
    scopes: () =>
      [...scopes]
        .filter(([, entries]) => [...entries.values()].some(isLive))
        .map(([text]) => parseScope(text)),
    copy: () => modelOf(new Map([...scopes].map(([text, es]) => [text, new Map(es)])), commits, surroundings),
    async differences(state) {
      const found: string[] = [];
      const stamps: Stamp[] = [];
      const all = new Set([...(await state.scopes()), ...model.scopes()].map(formatScope));
      for (const text of [...all].sort()) {
        const scope = parseScope(text);
        found.push(...(await compareScope(state, scope, text, live(scope), codec, stamps)));
      }
      return [...found, ...misplaced(stamps)];
    },
  };
  return model;
}

/** One entry's place in the order of changes, by the model and by the store. */
interface Stamp {
  readonly name: string;
  readonly commit: number;
  readonly revision: string;
}

async function compareScope(
  state: Readable,
  scope: StateScope,
  text: ScopeText,
  expected: ReadonlyMap<string, Entry>,
  codec: Codec,
  stamps: Stamp[],
): Promise<string[]> {
  const handle = await state.scope(scope);
  try {
    const differences: string[] = [];
    for (const key of new Set([...expected.keys(), ...handle.keys()])) {
      const name = `${text} ${JSON.stringify(key)}`;
      const entry = expected.get(key);
      if (entry === undefined) differences.push(`${name} should not be there`);
      else if (!handle.has(key)) differences.push(`${name} is missing`);
      else {
        if (!isSame(codec.encode(handle.get(key), key), entry.value)) differences.push(`${name} differs`);
        stamps.push({ name, commit: entry.commit, revision: handle.revision(key) ?? "" });
      }
    }
    return differences;
  } finally {
    handle.close();
  }
}

/** Revisions must tell the same order as the model's commits. */
function misplaced(stamps: Stamp[]): string[] {
  stamps.sort((a, b) => a.commit - b.commit);
  return stamps.flatMap((stamp, i) => {
    const before = stamps[i - 1];
    if (before === undefined) return [];
    const isRight =
      before.commit === stamp.commit ? before.revision === stamp.revision : before.revision < stamp.revision;
    return isRight ? [] : [`${stamp.name} has a revision out of order with ${before.name}`];
  });
}

function isSame(a: EncodedValue, b: EncodedValue): boolean {
  return (
    a.format === b.format &&
    a.text === b.text &&
    a.parts.length === b.parts.length &&
    a.parts.every((part, i) => equalBytes(part, b.parts[i]))
  );
}
