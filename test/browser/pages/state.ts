/** A page with a store, for the end-to-end tests: each call of `page.call` is one question of the driver. */
import { isStateError, parseScope, StateManager } from "keepstate";
import { type IndexedDBOptions, indexedDB as indexedDBAdapter } from "keepstate/adapters/indexeddb";
import { type LocalForageAdapterOptions, localForage } from "keepstate/adapters/localforage";

type Options = NonNullable<Parameters<typeof StateManager.open>[0]>;

/** What JSON can carry of how to open a store. */
export type Opening = Pick<Options, "persistence" | "require"> &
  ({ readonly indexeddb: IndexedDBOptions } | { readonly localforage: LocalForageAdapterOptions });

let opened: StateManager | undefined;
/** Lets pages begin at the same moment. */
const starts = new BroadcastChannel("starts");
let started: Promise<void> | undefined;
let start = () => {};
let isCounting = false;
const heard: { key: string; value: unknown; origin: string }[] = [];
const waiting = new Set<() => void>();

function state(): StateManager {
  if (opened === undefined) throw new TypeError("the page has no open store");
  return opened;
}

/** Waits until the server has it: what is told is told, whatever happens to the page next. */
function tell(value: unknown): void {
  const request = new XMLHttpRequest();
  request.open("POST", "/told", false);
  request.send(JSON.stringify(value));
}

/** Stops this page, timers and messages included, until the server lets it go on. */
function hold(): void {
  const request = new XMLHttpRequest();
  request.open("GET", "/hold", false);
  request.send();
}

/** Waits for an event after which it is true. */
function until(isTrue: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isTrue()) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
}

const api = {
  async open({ persistence, require, ...storage }: Opening): Promise<{ durability: string }> {
    opened = await StateManager.open({
      storage:
        "indexeddb" in storage ? indexedDBAdapter(storage.indexeddb) : localForage(storage.localforage),
      ...(persistence && { persistence }),
      ...(require && { require }),
    });
    opened.events.on("state.changed", ({ data, metadata }) => {
      heard.push({ key: data.key, value: data.newValue, origin: metadata.origin });
      for (const look of [...waiting]) look();
    });
    return { durability: opened.capabilities.durability };
  },
  close: () => state().close(),
  refresh: () => state().refresh(),
  flush: () => state().flush(),
  checkpoint: () => state().checkpoint(),
  get: (key: string) => state().get(key),
  keys: () => [...state().keys()].sort(),
  entries: () => Object.fromEntries(state().entries()),
  dirty: () => state().dirty,
  set: (key: string, value: unknown) => state().set(key, value),
  read: (scope: string, key: string) => state().read(parseScope(scope), key),
  setIn: (scope: string, key: string, value: unknown) => state().setWithHooks(parseScope(scope), key, value),
  /** Writes a text of so many characters that no compression makes smaller. */
  setNoise: (key: string, length: number) => state().set(key, noise(length)),
  async increment(key: string, times: number): Promise<void> {
    await started;
    for (let i = 0; i < times; i++) await state().update(key, (n) => (typeof n === "number" ? n : 0) + 1);
  },
  /** Begins to count up without a pause, and does not wait. */
  beginCounting(key: string): void {
    isCounting = true;
    (async () => {
      while (isCounting) await api.increment(key, 1);
    })().catch((error: unknown) => tell({ ended: String(error) }));
  },
  endCounting(): void {
    isCounting = false;
  },
  /** From now on `increment` waits until a page says `go`. */
  getReady(): void {
    started = new Promise((resolve) => {
      starts.onmessage = () => resolve();
      start = resolve;
    });
  },
  /** Lets all pages go that are ready, this one too. */
  go(): void {
    starts.postMessage(null);
    start();
  },
  /** Writes `k<number>` for each number, some at a time, and tells the server of each as soon as it is acknowledged. */
  async number(from: number, to: number, atOnce = 1): Promise<void> {
    for (let i = from; i <= to; i += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, to - i + 1) }, (_, n) => i + n);
      await Promise.all(
        some.map((n) =>
          state()
            .set(`k${n}`, n)
            .then(({ status }) => tell({ [status]: n })),
        ),
      );
    }
  },
  /** Begins `number` and does not wait. Where it ends with the page, nobody has to hear of it. */
  beginNumber(from: number, to: number, atOnce?: number): void {
    api.number(from, to, atOnce).catch((error: unknown) => tell({ ended: String(error) }));
  },
  /** Begins `set` in a task of its own and does not wait. How it ends is told to the server. */
  beginSet(key: string, value: unknown): void {
    setTimeout(() => {
      api.set(key, value).then(
        ({ status }) => tell({ [status]: key }),
        (error: unknown) => tell({ failed: key, code: isStateError(error) ? error.code : String(error) }),
      );
    });
  },
  /** The keys of all changes so far, in the order of their events. */
  heardOrder: () => heard.map(({ key }) => key),
  /** The events of a key so far. */
  heard: (key: string) => heard.filter((event) => event.key === key),
  /** Resolves when so many events of a key were heard. */
  hears: (key: string, count: number) =>
    until(() => heard.filter((event) => event.key === key).length >= count),
  /** Resolves when the key is there. */
  sees: (key: string) => until(() => state().has(key)),
  hold: () => void setTimeout(hold),
  /** Stops the page in the middle of the next put, where its transaction is alive, or right after that has ended. */
  holdAtNextPut(when: "amid" | "after"): void {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      IDBObjectStore.prototype.put = put;
      const request = put.apply(this, args);
      if (when === "amid") hold();
      else this.transaction.addEventListener("complete", hold);
      return request;
    };
  },
};

function noise(length: number): string {
  const bytes = new Uint8Array(length);
  // The platform gives at most so many at once.
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return Array.from(bytes, (byte) => String.fromCharCode(32 + (byte % 95))).join("");
}

export type PageApi = typeof api;

export type Reply = { readonly value: unknown } | { readonly error: Failure };

/** What is left of an error when it leaves the page. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly retryable?: boolean;
}

async function call(name: keyof PageApi, args: readonly unknown[]): Promise<Reply> {
  const method: (...args: readonly never[]) => unknown = api[name];
  try {
    return { value: await Reflect.apply(method, api, args) };
  } catch (error) {
    if (!(error instanceof Error)) return { error: { name: "", message: String(error) } };
    const { message } = error;
    if (!isStateError(error)) return { error: { name: error.name, message } };
    return { error: { name: error.name, message, code: error.code, retryable: error.retryable } };
  }
}

Object.assign(globalThis, { page: { call } });
