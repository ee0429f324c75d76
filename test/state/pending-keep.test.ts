import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { cancel, type StateChangeData } from "../../src/index.ts";
import { engineOf } from "../../src/internal.ts";
import { beginEpoch } from "../../src/journal/journal.ts";
import { buffered, data, endAll, origin, untilHead, vanish } from "./pending-world.ts";
import { collect, turns } from "./world.ts";

afterEach(endAll);

describe("what is refused is told with its value", () => {
  test("a veto does not come again", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", "x");
    vanish(at, first);
    const { state } = await at.live();
    state.hooks.on("before_state_change", { id: "no" }, () => cancel("not today"));
    const failed = collect(state, "pending.failed");
    await state.flush();
    expect(data(failed)).toEqual([
      {
        scope: "global",
        key: "a",
        operation: "set",
        value: "x",
        reason: "hook no vetoed it: not today",
        isKept: false,
      },
    ]);
    expect([state.has("a"), at.around.entries.size]).toEqual([false, 0]);
  });

  test("nor does what a schema that has changed refuses: told with the schema's reason", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", "x");
    vanish(at, first);
    const { state } = await at.live({ schema: { version: 1, scopes: { global: { a: z.number() } } } });
    const failed = collect(state, "pending.failed");
    await state.flush();
    const message = expect.stringMatching(/^a: .*number/);
    expect(data(failed)).toEqual([
      {
        scope: "global",
        key: "a",
        operation: "set",
        value: "x",
        reason: message,
        error: expect.objectContaining({ code: "schema", message, facts: { key: "a", path: "a" } }),
        isKept: false,
      },
    ]);
    expect([state.has("a"), at.around.entries.size]).toEqual([false, 0]);
  });

  test("an entry that cannot be read, or is of a newer program, stays", async () => {
    const at = origin();
    at.around.entries.set("w.0", "{");
    at.around.entries.set("w.1", '{"format":2}');
    at.around.entries.set("w.2", '{"format":1,"operation":"x","store":null,"since":"no","changes":[{}]}');
    const { state } = await at.live();
    const failed = collect(state, "pending.failed");
    await state.flush();
    expect(data(failed)).toMatchObject([
      { isKept: true, error: { code: "corrupt" } },
      { isKept: true, error: { code: "newer_format" } },
      { isKept: true, error: { code: "corrupt" } },
    ]);
    expect(at.around.entries.size).toBe(3);
  });

  test("a hook that fails, and a store that fails, leave it for another time", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    vanish(at, first);
    const second = await at.live();
    second.state.hooks.on("before_state_change", { id: "bad", timeoutMs: 1000 }, () => {
      throw new TypeError("oops");
    });
    const failed = collect(second.state, "pending.failed");
    await second.state.flush();
    expect(data(failed)).toMatchObject([{ isKept: true, error: { code: "hook_failed" } }]);
    await second.state.close();
    expect(at.around.entries.size).toBe(1);

    const third = await at.live();
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await turns(100);
    expect([third.state.get("a"), third.state.dirty, at.around.entries.size]).toEqual([1, true, 1]);
    await third.state.flush();
    await turns();
    expect([third.state.get("a"), third.state.dirty, at.around.entries.size]).toEqual([1, false, 0]);
  });

  test("no room: told, nothing thrown, and nothing is kept that came after", async () => {
    const at = origin();
    const first = await at.live();
    const failed = collect(first.state, "pending.failed");
    await first.state.set("a", 1);
    await first.state.set("big", "x".repeat(5000));
    await first.state.set("b", 1);
    at.around.limit = 3000;
    vanish(at, first);
    expect(data(failed)).toMatchObject([{ isKept: false, error: { message: "no room" } }]);
    const { state } = await at.live();
    await state.flush();
    expect(state.keys()).toEqual(["a"]);
  });
});

describe("who may take it in", () => {
  test("not while its writer lives; once that is gone, whoever waited for it", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before" });
    await first.program.suspend();
    expect(at.around.entries.size).toBe(1);
    const second = await at.live();
    await second.state.flush();
    expect([second.state.has("a"), at.around.entries.size]).toEqual([false, 1]);
    // The flush of the one that lives lands after all.
    await first.state.flush();
    expect(at.around.entries.size).toBe(0);

    await first.state.set("b", 1);
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before" });
    await first.program.suspend();
    const third = await at.live();
    await third.state.flush();
    expect(third.state.has("b")).toBe(false);
    first.program.die();
    for (let i = 0; i < 100 && at.around.entries.size > 0; i++) await new Promise((r) => setTimeout(r, 2));
    await third.state.flush();
    await third.state.refresh();
    expect([third.state.get("b"), at.around.entries.size]).toEqual([1, 0]);
  });

  test("without locks bases alone decide: no double effect, nothing newer overwritten", async () => {
    const at = origin({ locks: false });
    const first = await at.live();
    await first.state.set("a", 1);
    await first.state.set("a", 2);
    vanish(at, first);
    const [one, two] = await Promise.all([at.live(), at.live()]);
    await Promise.all([one.state.flush(), two.state.flush()]);
    await one.state.refresh();
    const events: unknown[] = [];
    for await (const event of untilHead(one.state)) events.push((event.data as StateChangeData).newValue);
    expect([events, at.around.entries.size]).toEqual([[1, 2], 0]);
  });

  test("nobody takes in what it has left itself", async () => {
    const at = origin({ locks: false });
    at.around.entries.set("w.0", "{");
    const { state, program } = await at.live();
    await state.set("own", 1);
    await state.set("own", 2);
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await program.suspend();
    const told = collect(state, "pending.superseded");
    await state.flush();
    await turns();
    const changes: string[] = [];
    for await (const { data } of untilHead(state)) changes.push((data as StateChangeData).key);
    expect([changes.sort(), told, at.around.entries.size]).toEqual([["own", "own"], [], 1]);
  });

  test("what is taken in and not stored yet stays where it was, and what builds on it follows it", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    vanish(at, first);
    const second = await at.live();
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await turns(100);
    await second.state.update("k", (k) => (k as number) + 1);
    vanish(at, second);
    expect([...at.around.entries.keys()].map((key) => key.split(".")[1])).toEqual(["0", "0"]);
    const { state } = await at.live();
    const superseded = collect(state, "pending.superseded");
    await state.flush();
    expect([state.get("k"), superseded.length, at.around.entries.size]).toEqual([2, 0, 0]);
  });

  test("switched off, nothing is written and nothing read", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    vanish(at, first);
    const off = await at.live({ persistence: { ...buffered, pendingJournal: false } });
    await off.state.set("b", 1);
    void off.program.suspend();
    await off.state.flush();
    expect([off.state.has("a"), off.program.operations, at.around.entries.size]).toEqual([false, 0, 1]);
  });
});

test("a store that seals what is at rest has none, as it would not be sealed", async () => {
  const at = origin();
  const first = await at.live();
  await first.state.set("a", 1);
  await first.state.flush();
  const { journal } = engineOf(first.state);
  await journal.turn.run(() => beginEpoch(journal, { mode: { encryption: true, history: true } }));
  await first.state.close();
  const { state, program } = await at.live();
  await state.set("a", 2);
  await program.suspend();
  expect([program.operations, state.dirty]).toEqual([0, false]);
});

test("an entry is written once, however often the page is hidden", async () => {
  const at = origin();
  const { state, program } = await at.live();
  await state.set("a", 1);
  for (let i = 1; i <= 3; i++) {
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await program.suspend();
    expect([program.operations, at.around.entries.size]).toEqual([1, 1]);
  }
});

test("what is cleared is cleared: entries go when their commit settles, and come right when hooks ran again", async () => {
  const at = origin();
  const first = await at.live();
  const other = await at.live({ persistence: {} });
  await other.state.set("n", 10);
  await first.state.update("n", (n) => ((n as number | undefined) ?? 0) + 1);
  await first.state.set("m", 1);
  at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before" });
  await first.program.suspend();
  // It was asked again, on what the other writer had stored, before the page failed.
  const texts = [...at.around.entries.values()];
  expect(texts.map((text) => JSON.parse(text).changes[0].value[1])).toEqual(["11", "1"]);
  await first.state.flush();
  expect([at.around.entries.size, first.state.get("n")]).toEqual([0, 11]);
});
