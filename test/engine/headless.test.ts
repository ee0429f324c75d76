import { describe, expect, it } from "vitest";
import { defaultPorts } from "../../src/ground/ports.ts";
import { agent } from "../../src/index.ts";
import { beginEpoch, openJournal } from "../../src/journal/journal.ts";
import type { Key } from "../../src/store/store.ts";
import { profile } from "../../src/testing/profiles.ts";
import { engineProfiles, world } from "./world.ts";

describe.each(engineProfiles)("a head that is not there, on a store that is $name", (one) => {
  const isEventual = one.capabilities.consistency === "eventual";

  it("makes no new store of one whose pages a checkpoint has merged, and nothing is deleted", async () => {
    const at = world(one);
    const state = await at.open();
    await state.setMany([{ scope: agent("a"), key: "k", value: 1 }]);
    for (let i = 0; i < 4; i++) await state.set("k", i);
    await state.checkpoint();
    await state.close();
    at.backend.settle();
    // A page that stands alone would tell of the rest.
    for (const key of at.backend.contents().keys()) if (key.startsWith("j/")) at.backend.poke(key, undefined);
    at.backend.poke("head" as Key, undefined);
    const before = [...at.backend.contents().keys()];
    await expect(at.open()).rejects.toMatchObject({ code: isEventual ? "stale" : "corrupt" });
    expect([...at.backend.contents().keys()]).toEqual(before);
    expect(before.length).toBeGreaterThan(1);
  });
});

it("no epoch begins where the checkpoint of the one before is not there", async () => {
  const at = world(profile("plain"));
  const state = await at.open();
  await state.set("k", 1);
  await state.checkpoint();
  await state.close();
  const store = await at.backend.adapter().open({ readOnly: false });
  const journal = await openJournal(store, defaultPorts);
  const keys = [...at.backend.contents().keys()].filter((key) => key.startsWith("checkpoint/"));
  for (const key of keys) at.backend.poke(key, undefined);
  const before = at.backend.contents();
  await expect(beginEpoch(journal, { schema: 2 })).rejects.toMatchObject({ code: "stale" });
  expect(at.backend.contents()).toEqual(before);
});
