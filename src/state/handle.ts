import { DISPOSE } from "../ground/dispose.ts";
import { StateError } from "../ground/error.ts";
import { checkName, checkText } from "../ground/name.ts";
import type { Revision } from "../ground/revision.ts";
import type { StateScope } from "../ground/scope.ts";
import { type Bound, bindMore, checkWriteOptions, correlationOf, SYSTEM } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import type { Request } from "./request.ts";
import type { WriteOptions, WriteResult } from "./result.ts";
import { GONE, type Slot } from "./slot.ts";
import type { Place } from "./slots.ts";
import type { ScopeView } from "./view.ts";
import { watch } from "./watch.ts";
import { write, writeAll } from "./write.ts";

/** Values by key; with a schema, those of the scope's kind. */
export type Values = Record<string, unknown>;

/**
 * The entries of a loaded scope. Reads are synchronous and show what is committed (in buffered mode also what is on its way).
 * Nothing that is passed in or handed out aliases the state: plain JSON comes back frozen and as the same reference while
 * unchanged, values with a Map, Set, Date or bytes inside are copied at each `get`.
 */
export interface ScopeEntries<V extends object = Values> {
  /** `undefined` where there is no entry; `has` tells that from a stored `undefined`. */
  get<K extends keyof V & string>(key: K): V[K] | undefined;
  /**
   * For what draws the state: like `get`, but also a value that `get` copies each time is the same reference until the entry
   * changes. All who peek share that one copy, so nobody may change it.
   */
  peek<K extends keyof V & string>(key: K): V[K] | undefined;
  has(key: keyof V & string): boolean;
  keys(): (keyof V & string)[];
  entries(): [keyof V & string, V[keyof V]][];
  readonly size: number;
  /** The entry's revision, for `expectedRevision`. */
  revision(key: keyof V & string): Revision | undefined;
  /**
   * Stores a value; resolves when that is durable, or with the reason why it was not stored. Rejects with `not_serializable`
   * (and the path) for a value that would not come back as it is, `invalid`, `schema`, or a hook's or the store's failure;
   * nothing was changed then.
   */
  set<K extends keyof V & string>(key: K, value: V[K], options?: WriteOptions): Promise<WriteResult>;
  /** Removes an entry. Nothing happens, and no event, where there is none. */
  delete(key: keyof V & string, options?: WriteOptions): Promise<WriteResult>;
  /**
   * Read-modify-write that survives conflicts. `fn` gets the latest value (undefined: no entry) and must be synchronous and
   * pure: it may run again.
   */
  update<K extends keyof V & string>(
    key: K,
    fn: (old: V[K] | undefined) => V[K],
    options?: WriteOptions,
  ): Promise<WriteResult>;
  /** Removes all entries in one commit. */
  clear(options?: WriteOptions): Promise<WriteResult>;
  /**
   * Calls `listener` whenever reads of the key (undefined: of any key) may give something else, right after they do: for own
   * changes, those of other writers, in buffered mode from the write on, and when a buffered change leaves again. Once for
   * all keys of a commit. What passes its time is told when its removal is committed. Ends with the returned function or the
   * handle. A listener that throws harms nobody; its failure is a `subscriber.failed` event.
   */
  watch(key: (keyof V & string) | undefined, listener: () => void): () => void;
}

/** One scope, loaded for whoever asked for it. */
export interface Handle<V extends object = Values> extends ScopeEntries<V> {
  readonly scope: StateScope;
  /** The same scope with a correlation that goes with each operation. Closed together with this handle. */
  with(bound: Bound): Handle<V>;
  /** Gives the scope back; it may leave memory. Using the handle afterwards is an error. */
  close(): void;
  [Symbol.dispose](): void;
}

/** A handle on a view that is held for it. */
export function handleOf<V extends object>(
  engine: Engine,
  view: ScopeView,
  scope: StateScope,
  bound: Bound,
  onClose: () => void,
): Handle<V> {
  const life = { isOpen: true };
  return makeHandle<V>(engine, view, scope, bound, life, onClose);
}

function makeHandle<V extends object>(
  engine: Engine,
  view: ScopeView,
  scope: StateScope,
  bound: Bound,
  life: { isOpen: boolean },
  onClose: () => void,
): Handle<V> {
  const { codec, isBuffered, now } = engine;
  const { slots, queued } = view;

  function use(): void {
    if (!life.isOpen || !engine.life.isOpen) throw closed(view);
    if (view.damage !== undefined) throw view.damage;
  }

  function shown(key: string): Place | undefined {
    use();
    const place = (isBuffered ? onItsWay(key) : undefined) ?? slots.find(key);
    if (place === undefined || (typeof place === "object" && place.kind === GONE)) {
      checkText(key, "key"); // only here: under what is no key there is nothing
      return undefined;
    }
    return slots.hasExpired(place, now) ? undefined : place;
  }

  /** What is shown although it is not in the journal yet. */
  function onItsWay(key: string): Slot | undefined {
    return view.undecided?.get(key) ?? (queued.size > 0 ? queued.get(key) : undefined);
  }

  const allKeys = () => new Set([...slots.keys(), ...queued.keys(), ...(view.undecided?.keys() ?? [])]);

  function read(key: string): unknown {
    if (!isBuffered) {
      use();
      const value = slots.value(key, codec, now);
      if (value === undefined) checkText(key, "key");
      return value;
    }
    const place = shown(key);
    return place === undefined ? undefined : slots.read(place, codec);
  }

  function visible(): (readonly [key: string, place: Place])[] {
    use();
    if (!isBuffered) return slots.visible(now);
    return [...allKeys()].flatMap((key) => {
      const place = shown(key);
      return place === undefined ? [] : [[key, place] as const];
    });
  }

  function change(
    { key, operation, value, update }: Omit<Request, "view">,
    options: WriteOptions | undefined,
  ): Promise<WriteResult> {
    use();
    const { expected, ttlMs } = options === undefined ? NO_CHECKS : checkWriteOptions(options);
    const correlation = correlationOf(bound, options, engine.correlationId);
    const request: Request = { view, key, operation, value, update, expected, ttlMs };
    return write(engine, request, correlation, options?.signal);
  }

  const handle: Handle<V> = {
    scope,
    get(key) {
      return read(key) as never; // what is stored under a key fits the key's type: the schema saw to it
    },
    peek(key) {
      const place = shown(key);
      if (typeof place !== "object") return handle.get(key);
      if (!copies.has(place)) copies.set(place, slots.read(place, codec));
      return copies.get(place) as never; // as for `get`
    },
    has: (key) => shown(key) !== undefined,
    // What is stored under the handle's scope has the handle's keys and values.
    keys: () => visible().map(([key]) => key as keyof V & string),
    entries: () => visible().map(([key, place]) => [key, slots.read(place, codec)] as never),
    get size() {
      if (isBuffered) return visible().length;
      use();
      return slots.count(now);
    },
    revision(key) {
      const place = shown(key);
      return place === undefined ? undefined : slots.revision(place);
    },
    set: (key, value, options) =>
      rejecting(() => {
        // The value is taken as it is now: what the caller does to it later changes nothing.
        const encoded = codec.encode(value, checkKey(view, key));
        return change({ key, operation: "set", value: encoded }, options);
      }),
    delete: (key, options) =>
      rejecting(() => change({ key: checkKey(view, key), operation: "delete", value: undefined }, options)),
    update: (key, fn, options) =>
      rejecting(() => {
        if (typeof fn !== "function") throw new TypeError("update needs a function");
        // The handle's types pair the key with the function's value.
        const update = fn as (old: unknown) => unknown;
        return change({ key: checkKey(view, key), operation: "set", value: undefined, update }, options);
      }),
    clear: (options) =>
      rejecting(() => {
        use();
        if (options !== undefined) checkWriteOptions(options);
        // All that is there when its turn comes, not only what is visible at the call.
        const requests = () =>
          [...allKeys()].map((key): Request => ({ view, key, operation: "delete", value: undefined }));
        return writeAll(
          engine,
          [view.lane],
          requests,
          correlationOf(bound, options, engine.correlationId),
          options?.signal,
          true,
        );
      }),
    watch(key, listener) {
      use();
      if (key !== undefined) checkText(key, "key");
      if (typeof listener !== "function") throw new TypeError("watch needs a function");
      const call = () => {
        try {
          listener();
        } catch (error) {
          const data = { pattern: key ?? "*", eventId: "", eventType: "watch", error };
          engine.bus.publish({ type: "subscriber.failed", data, correlation: SYSTEM });
        }
      };
      return watch(view, key, call, () => life.isOpen && engine.life.isOpen);
    },
    with: (more) => makeHandle<V>(engine, view, scope, bindMore(bound, more), life, onClose),
    close() {
      if (!life.isOpen) return;
      life.isOpen = false;
      onClose();
    },
    [DISPOSE]() {
      handle.close();
    },
  };
  return handle;
}

/** Turns a throw into a rejection without a promise of its own, which each `set` would pay for. */
export function rejecting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What `peek` gives for entries that are still there. */
const copies = new WeakMap<Slot, unknown>();

const NO_CHECKS = { expected: undefined, ttlMs: undefined };

/** A key that has an entry was checked when it was stored. */
function checkKey(view: ScopeView, key: string): string {
  return view.slots.has(key) ? key : checkName(key, "key");
}

function closed(view: ScopeView): StateError {
  return new StateError("closed", `the handle of scope ${view.text}, or its store, was closed`, {
    scope: view.text,
  });
}
