import { EMPTY_BYTES, utf8 } from "../../ground/bytes.ts";
import type { CommitOutcome, Store, Swap } from "../../store/store.ts";
import { type CaseDefinition, type KnownTraits, key, put, remove, swapOf, turn } from "./bench.ts";
import { check, checkBytes, checkSame } from "./check.ts";

const ROUNDS = 10;
/** A counter that two writers share is tried this often for each step; more is a store that lets nobody win. */
const ATTEMPTS = 1000;

const pointer = key("pointer");

function moved(store: Store, swap: Swap): Promise<CommitOutcome> {
  return store.commit({ writes: [], swap });
}

function racing({ minPutIntervalMs, consistency }: KnownTraits): string | undefined {
  if (minPutIntervalMs > 0)
    return `a key takes one put in ${minPutIntervalMs} ms, so writers cannot race on it`;
  return consistency === "strong"
    ? undefined
    : "each writer may see an old pointer where consistency is eventual";
}

function racingOpenings(traits: KnownTraits): string | undefined {
  if (traits.secondWriter === "locked") return "a second writer is locked out, which a case of its own shows";
  return racing(traits);
}

/** `racers` all try to move the pointer from where it is; exactly one may. */
async function race(racers: readonly Store[], reader: Store): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const [from] = await reader.get([pointer]);
    const outcomes = await Promise.all(
      racers.map((store, racer) =>
        store.commit({
          writes: [put(`r${round}/${racer}`, `${racer}`)],
          swap: { key: pointer, from, to: utf8(`${round} ${racer}`) },
        }),
      ),
    );
    const winners = outcomes.flatMap((outcome, racer) => (outcome === "committed" ? [racer] : []));
    checkSame(winners.length, 1, `winners of round ${round} (${outcomes.join(" ")})`);
    const [now, own] = await reader.get([pointer, key(`r${round}/${winners[0]}`)]);
    checkBytes(now, utf8(`${round} ${winners[0]}`), "the pointer the winner moved");
    checkBytes(own, utf8(`${winners[0]}`), "what the winner wrote");
  }
}

async function count(store: Store, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    let outcome: CommitOutcome = "conflict";
    for (let attempt = 0; outcome === "conflict"; attempt++) {
      if (attempt > 0) await turn();
      check(attempt < ATTEMPTS, `no step of the counter in ${ATTEMPTS} attempts`);
      const [from] = await store.get([pointer]);
      const next = Number(from === undefined ? 0 : String.fromCharCode(...from)) + 1;
      outcome = await moved(store, { key: pointer, from, to: utf8(`${next}`) });
    }
  }
}

export const swapping: readonly CaseDefinition[] = [
  {
    name: "swap: creates what is not there, once",
    async run({ open, settle, read }) {
      const store = await open();
      checkSame(await moved(store, swapOf("pointer", undefined, "one")), "committed", "from nothing");
      await settle();
      checkSame(await moved(store, swapOf("pointer", undefined, "two")), "conflict", "from nothing again");
      await settle();
      checkBytes(await read(store, pointer), utf8("one"), "pointer");
    },
  },
  {
    name: "swap: moves from the value it names and from no other",
    async run({ open, write, settle, read }) {
      const store = await open();
      await write(store, [], swapOf("pointer", undefined, "one"));
      for (const wrong of ["on", "one1", "onf", "", "zne"]) {
        checkSame(
          await moved(store, swapOf("pointer", wrong, "two")),
          "conflict",
          `from ${JSON.stringify(wrong)}`,
        );
      }
      await settle();
      checkBytes(await read(store, pointer), utf8("one"), "pointer, after conflicts");
      await write(store, [], swapOf("pointer", "one", "two"));
      checkBytes(await read(store, pointer), utf8("two"), "pointer, moved");
    },
  },
  {
    name: "swap: empty is a value, and not the same as absent",
    async run({ open, write, read }) {
      const store = await open();
      checkSame(await moved(store, swapOf("pointer", "", "one")), "conflict", "from empty, where nothing is");
      await write(store, [], { key: pointer, from: undefined, to: EMPTY_BYTES });
      checkBytes(await read(store, pointer), EMPTY_BYTES, "pointer");
      checkSame(
        await moved(store, swapOf("pointer", undefined, "one")),
        "conflict",
        "from nothing, where empty is",
      );
      await write(store, [], swapOf("pointer", "", "one"));
      checkBytes(await read(store, pointer), utf8("one"), "pointer");
    },
  },
  {
    name: "swap: meets what ordinary writes did to its key",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("pointer", "put")]);
      await write(store, [], swapOf("pointer", "put", "swapped"));
      await write(store, [remove("pointer")]);
      checkSame(await moved(store, swapOf("pointer", "swapped", "x")), "conflict", "from a deleted value");
      await write(store, [], swapOf("pointer", undefined, "again"));
      checkBytes(await read(store, pointer), utf8("again"), "pointer");
    },
  },
  {
    name: "swap: lands with its writes, and the store works on after a conflict",
    async run({ open, write, settle }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "1")], swapOf("pointer", undefined, "1"));
      checkSame(await moved(store, swapOf("pointer", "0", "2")), "conflict", "from another value");
      await settle();
      await write(store, [put("a", "2"), remove("b")], swapOf("pointer", "1", "2"));
      const values = await store.get([key("a"), key("b"), pointer]);
      checkSame([...values], [utf8("2"), undefined, utf8("2")], "a, b, pointer");
    },
  },
  {
    name: "swap: to the same value it had is still a commit",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [], swapOf("pointer", undefined, "same"));
      await write(store, [put("a", "1")], swapOf("pointer", "same", "same"));
      checkBytes(await read(store, key("a")), utf8("1"), "a");
    },
  },
  {
    name: "swap: pointers do not disturb each other",
    async run({ open, settle }) {
      const store = await open();
      const names = Array.from({ length: 20 }, (_, i) => `pointer/${i}`);
      const outcomes = await Promise.all(names.map((name) => moved(store, swapOf(name, undefined, name))));
      checkSame([...new Set(outcomes)], ["committed"], "outcomes");
      await settle();
      checkSame([...(await store.get(names.map(key)))], names.map(utf8), "pointers");
    },
  },
  {
    name: "swap: of racing commits of one opening exactly one wins each round",
    skip: racing,
    async run({ open }) {
      const store = await open();
      await race([store, store, store, store], store);
    },
  },
  {
    name: "swap: of racing openings exactly one wins each round",
    skip: racingOpenings,
    async run({ traits, open, openAnother }) {
      const first = await open();
      // A local swap promises nothing between programs, so its racers are openings of one.
      const second = traits.swap === "shared" ? await openAnother() : await open();
      await race([first, second, first, second], first);
    },
  },
  {
    name: "swap: two writers of one counter lose no step",
    skip: racingOpenings,
    async run({ traits, open, openAnother, read }) {
      const first = await open();
      const second = traits.swap === "shared" ? await openAnother() : await open();
      await Promise.all([count(first, 15), count(second, 15)]);
      checkBytes(await read(first, pointer), utf8("30"), "counter");
    },
  },
];
