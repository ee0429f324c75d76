import { describe, expect, it } from "vitest";
import { defaultPorts } from "../../src/ground/ports.ts";
import { append } from "../../src/journal/append.ts";
import { checkpoint } from "../../src/journal/checkpoint.ts";
import type { Commit } from "../../src/journal/commit.ts";
import { beginEpoch, createJournal, openJournal } from "../../src/journal/journal.ts";
import { readEntry } from "../../src/journal/read.ts";
import { refresh } from "../../src/journal/refresh.ts";
import type { JournalState } from "../../src/journal/state.ts";
import { sweep } from "../../src/journal/sweep.ts";
import { audit } from "./audit.ts";
import { sharedProfiles, world } from "./world.ts";

/** Commits one value, as often as it takes. */
async function put(state: JournalState, key: string, value: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const appended = await append(state, 1, ([revision]): Commit[] => [
      {
        revision: revision ?? state.checkpoint.revision,
        kind: "change",
        time: 0,
        correlation: { correlationId: "x" },
        changes: [
          {
            scope: "agent:a",
            key,
            operation: "set",
            value: { format: 0, text: String(value), parts: [] },
            expiresAt: undefined,
            previous: undefined,
          },
        ],
        detail: undefined,
      },
    ]);
    if (appended.outcome === "committed") {
      state.tail.push(appended.page);
      return;
    }
    await refresh(state);
  }
  throw new RangeError(`${key} was overtaken for ever`);
}

async function textOf(state: JournalState, key: string): Promise<string | undefined> {
  const value = (await readEntry(state, "agent:a", key))?.value;
  return value !== undefined && "text" in value ? value.text : undefined;
}

/** A store with k0 to k4, and ways to open it again. */
async function withFive(profile: Parameters<typeof world>[0], seed?: number) {
  const at = world(profile, seed);
  const open = async () => openJournal(await at.backend.adapter().open({ readOnly: false }), defaultPorts);
  const one = await open();
  await createJournal(one, 1);
  for (let i = 0; i < 5; i++) await put(one, `k${i}`, i);
  return { at, open, one };
}

describe.each(sharedProfiles.filter(({ name }) => !name.includes("tiny")))(
  "a new epoch on a store that is $name",
  (profile) => {
    it("begins from no checkpoint that is out of use, whoever stands still in between", async () => {
      for (let n = 1; n <= 2; n++) {
        const { at, open, one } = await withFive(profile, n);
        await checkpoint(one);
        const two = await open();
        await put(one, "k1", 10);
        await refresh(two);
        const freeze = at.backend.freeze(at.backend.effects + n);
        const changing = beginEpoch(one, { schema: 2 });
        await Promise.race([freeze.reached, changing]);
        await put(two, "k2", 20);
        await checkpoint(two);
        freeze.thaw();
        const hasBegun = await changing;
        // The other way round: who checkpointed in the old epoch meets the new one.
        await put(two, "k3", 30);
        await checkpoint(two);
        await put(two, "k4", 40);
        await refresh(one);
        if (!hasBegun) expect(await beginEpoch(one, { schema: 2 })).toBe(true);
        await put(two, "k0", 50);
        await checkpoint(two);
        await sweep(two);
        await refresh(one);
        for (const state of [one, two, await open()]) {
          expect(state.head?.schema, `effect ${n}`).toBe(2);
          const found = await Promise.all([0, 1, 2, 3, 4].map((i) => textOf(state, `k${i}`)));
          expect(found, `effect ${n}`).toEqual(["50", "10", "20", "30", "40"]);
        }
        expect(await audit(at.backend), `effect ${n}`).toMatchObject({ missing: [] });
      }
    });

    it("leaves nothing of the old one to a checkpointer that comes late", async () => {
      const { at, open, one } = await withFive(profile);
      await checkpoint(one);
      const two = await open();
      await put(two, "k1", 10);
      await refresh(one);
      // Two derives in the old epoch and stands still before the pointer; the new epoch begins meanwhile.
      const effects = profile.capabilities.atomicity === "batch" ? 1 : 5;
      const freeze = at.backend.freeze(at.backend.effects + effects);
      const late = checkpoint(two);
      await freeze.reached;
      expect(await beginEpoch(one, { schema: 2 })).toBe(true);
      freeze.thaw();
      await late;
      await put(two, "k2", 20);
      await checkpoint(two);
      await put(two, "k3", 30);
      await checkpoint(two);
      await sweep(two);
      await refresh(one);
      for (const state of [one, two, await open()]) {
        const found = await Promise.all([0, 1, 2, 3, 4].map((i) => textOf(state, `k${i}`)));
        expect(found).toEqual(["0", "10", "20", "30", "4"]);
      }
      expect(await audit(at.backend)).toMatchObject({ missing: [] });
    });

    it("or a sweep of the same one fences a checkpoint that is under way", async () => {
      const { at, open, one } = await withFive(profile);
      const two = await open();
      // All but the pointer has landed. Where the records come with it in one effect, there is nothing to sweep.
      const written = profile.capabilities.atomicity === "batch" ? 0 : 5;
      const freeze = at.backend.freeze(at.backend.effects + written + 1);
      const late = checkpoint(two);
      await freeze.reached;
      expect((await sweep(one)) ?? 0).toBeGreaterThanOrEqual(written);
      freeze.thaw();
      expect(await late).toBe(false);
      expect(await audit(at.backend)).toMatchObject({ missing: [] });
      await refresh(two);
      expect(await checkpoint(two)).toBe(true);
      expect(await textOf(await open(), "k3")).toBe("3");
    });

    it("is not cleaned by a checkpoint of the old one that ends in it", async () => {
      const { at, open, one } = await withFive(profile);
      await checkpoint(one);
      const two = await open();
      await put(two, "k1", 10);
      await refresh(one);
      const freeze = at.backend.freeze(at.backend.effects + 2);
      const begun = beginEpoch(one, { schema: 2 });
      await freeze.reached;
      // The old epoch's pointer moves; then, before the fence has its turn, the new epoch begins and is read.
      const before = two.checkpoint;
      const held = two.turn.run(async () => {
        while (two.checkpoint === before) await new Promise((resolve) => setTimeout(resolve, 1));
        freeze.thaw();
        expect(await begun).toBe(true);
        await refresh(two);
      });
      await checkpoint(two);
      await held;
      expect(await audit(at.backend)).toMatchObject({ missing: [] });
      for (const state of [one, two, await open()]) {
        await refresh(state);
        expect(await textOf(state, "k4")).toBe("4");
        expect(await textOf(state, "k1")).toBe("10");
      }
    });
  },
);
