/** A program with buffered writes, to be ended in every way. Its arguments are a task and a path; it prints a word a line. */
import { writeSync } from "node:fs";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { type StateManager, StateManager as Store } from "../../src/index.ts";

const [task = "", path = ""] = process.argv.slice(2);

/** Synchronous, so that a line that was printed was printed before the end. */
function say(word: string): void {
  writeSync(1, `${word}\n`);
}

/** Nothing is flushed for ten minutes, unless the end is seen. */
async function written(folder = path): Promise<StateManager> {
  const state = await Store.open({
    storage: filesystem({ path: folder }),
    persistence: { mode: "buffered", flushIntervalMs: 600_000 },
    ports: { logger: { warn: say, error: say } },
  });
  await state.set("k", folder);
  return state;
}

/** A store that nothing reaches any more. */
async function broken(commit: () => Promise<never>): Promise<void> {
  const storage = filesystem({ path });
  const state = await Store.open({
    storage: {
      ...storage,
      async open(opening) {
        const store = await storage.open(opening);
        return { ...store, get: (keys) => store.get(keys), scan: store.scan.bind(store), commit };
      },
    },
    persistence: { mode: "buffered", flushIntervalMs: 600_000 },
    ports: { logger: { warn: () => undefined, error: (message) => say(message) } },
  });
  await state.set("k", path);
}

function stay(): void {
  setTimeout(() => say("too late"), 60_000);
}

/** Some time after what was written is stored, however slow the machine is. */
function exitLater(state: StateManager): void {
  say("handled");
  state.events.on("state.changed", () => void setTimeout(() => process.exit(7), 100));
}

const listeners = () =>
  ["SIGTERM", "SIGINT", "SIGHUP", "beforeExit"].map((name) => process.listenerCount(name)).join();

const tasks: Record<string, () => Promise<void>> = {
  async wait() {
    await written();
    say("ready");
    stay();
  },
  async two() {
    await Promise.all([written(`${path}/a`), written(`${path}/b`)]);
    say("ready");
    stay();
  },
  /** Another one takes its time and decides how it ends. */
  async handled() {
    process.on("SIGTERM", () => handle());
    const state = await written();
    const handle = () => exitLater(state);
    say("ready");
    stay();
  },
  /** Another one listens once, and so is gone when anybody counts. */
  async once() {
    process.once("SIGTERM", () => handle());
    const state = await written();
    const handle = () => exitLater(state);
    say("ready");
    stay();
  },
  /** Like the package signal-exit: ends the process only where all listeners are its own. */
  async yields() {
    const emitter = { count: 1 };
    Reflect.set(globalThis, Symbol.for("signal-exit emitter"), emitter);
    const listener = () => {
      if (process.listeners("SIGTERM").length !== emitter.count) return;
      process.off("SIGTERM", listener);
      process.kill(process.pid, "SIGTERM");
    };
    process.on("SIGTERM", listener);
    await written();
    say("ready");
    stay();
  },
  async idle() {
    await written();
    process.exitCode = 5;
  },
  /** Has something to say when it is about to end, as often as it is asked. */
  async lastWords() {
    const state = await written();
    await state.flush();
    process.on("beforeExit", () => void state.set("k", path.toUpperCase()));
  },
  /** Goes on writing while what it wrote before is stored. */
  async busy() {
    const state = await written();
    state.events.on("state.changed", ({ data }) => {
      if (data.newValue === path) void state.set("k", path.toUpperCase());
    });
    say("ready");
    stay();
  },
  /** The disk fails at the end: the program still ends. */
  async fails() {
    await broken(() => new Promise((_, reject) => setImmediate(reject, new TypeError("no disk"))));
  },
  /** The disk does not answer. */
  async stuck() {
    await broken(() => new Promise(() => undefined));
    say("ready");
    stay();
  },
  async closed() {
    const before = listeners();
    const state = await written();
    const during = listeners();
    const plain = await Store.open({ storage: filesystem({ path: `${path}-plain` }) });
    const with2 = listeners();
    await state.close();
    say(`${before} ${during} ${with2} ${listeners()}`);
    await plain.close();
  },
};
await tasks[task]?.();
