import { isStateError } from "../../ground/error.ts";
import type { Store } from "../../store/store.ts";
import { type CaseDefinition, type KnownTraits, put, turn } from "./bench.ts";
import { check, checkSame, rejection } from "./check.ts";

/** How long a hint may take, in milliseconds. Only a store that never tells waits so long. */
const PATIENCE = 10_000;
const STEP = 10;

function offered({ watch, secondWriter }: KnownTraits): string | undefined {
  if (!watch) return "watch is not offered";
  return secondWriter === "opens" ? undefined : "no other writer can be open that it could tell of";
}

function watching(store: Store, onChange: () => void): () => void {
  check(store.watch !== undefined, "watch is declared and not there");
  return store.watch(onChange);
}

async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += STEP) {
    check(waited < PATIENCE, `${what}: not within ${PATIENCE} ms`);
    await turn(STEP);
  }
}

export const watchingCases: readonly CaseDefinition[] = [
  {
    name: "watch: tells of commits made through other stores, until it is stopped",
    skip: offered,
    async run({ open, openAnother, write }) {
      const [store, other] = [await open(), await openAnother()];
      let [kept, stopped] = [0, 0];
      watching(store, () => kept++);
      const stop = watching(store, () => stopped++);
      await write(other, [put("a", "1")]);
      await eventually(() => kept > 0 && stopped > 0, "both listeners are told");
      stop();
      stop();
      const [keptBefore, stoppedBefore] = [kept, stopped];
      await write(other, [put("a", "2")]);
      await eventually(() => kept > keptBefore, "the listener that stays is told again");
      checkSame(stopped, stoppedBefore, "calls of the listener that was stopped");
    },
  },
  {
    name: "watch: one function may listen twice, and each is stopped by itself",
    skip: offered,
    async run({ open, openAnother, write }) {
      const [store, other] = [await open(), await openAnother()];
      let told = 0;
      const listener = () => told++;
      const stop = watching(store, listener);
      watching(store, listener);
      stop();
      await write(other, [put("a", "1")]);
      await eventually(() => told > 0, "the second listener is told");
    },
  },
  {
    name: "watch: ends with its store",
    skip: ({ watch }) => (watch ? undefined : "watch is not offered"),
    async run({ open, write }) {
      const store = await open();
      let told = 0;
      watching(store, () => told++);
      await store.close();
      const next = await open();
      await write(next, [put("a", "1")]);
      const error = await rejection((async () => watching(store, () => told++))(), "watch after closing");
      check(isStateError(error, "closed"), "watch after closing was not refused as closed");
      checkSame(told, 0, "calls after closing");
    },
  },
];
