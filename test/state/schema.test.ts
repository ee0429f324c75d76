import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { memory } from "../../adapters/memory/index.ts";
import { agent, globalScope, modify } from "../../src/index.ts";
import { committed, open } from "./world.ts";

const schema = {
  version: 1,
  scopes: {
    agent: {
      plan: z.object({ step: z.number().int(), note: z.string().default("none") }),
      when: z.coerce.date(),
    },
    global: { count: z.number().min(0) },
  },
} as const;

describe("a schema", () => {
  test("types handles and what they take", async () => {
    await using state = await open({ schema });
    const a = await state.agent("a");
    await a.set("plan", { step: 1, note: "x" });
    expectTypeOf(a.get("plan")).toEqualTypeOf<{ step: number; note: string } | undefined>();
    expectTypeOf(state.get("count")).toEqualTypeOf<number | undefined>();
    expect(a.get("plan")).toEqual({ step: 1, note: "x" });
  });

  test("refuses values, in every kind of write, with the path, and changes nothing", async () => {
    await using state = await open({ schema });
    const a = await state.agent("a");
    await a.set("plan", { step: 1, note: "x" });
    const head = state.headRevision;
    const wrong = { step: 1.5, note: "x" };
    const refused = { code: "schema", facts: { path: "plan.step" } };
    await expect(a.set("plan", wrong)).rejects.toMatchObject(refused);
    await expect(a.update("plan", () => wrong)).rejects.toMatchObject(refused);
    await expect(state.setWithHooks(agent("a"), "plan", wrong)).rejects.toMatchObject(refused);
    await expect(state.batch((tx) => tx.set(agent("b"), "plan", wrong))).rejects.toMatchObject(refused);
    expect([a.get("plan"), state.headRevision]).toEqual([{ step: 1, note: "x" }, head]);
  });

  test("refuses keys that it does not name, also those of the prototype, where it lists the kind of scope", async () => {
    await using state = await open({ schema });
    const a = await state.agent("a");
    for (const key of ["plann", "toString", "__proto__"]) {
      await expect(a.set(key as "plan", { step: 1, note: "" })).rejects.toMatchObject({ code: "schema" });
    }
    const anything = await state.user("u");
    expect(await anything.set("whatever", [1])).toMatchObject({ status: "committed" });
  });

  test("leaves values as it makes them: defaults and coercions are what is stored, told and reloaded", async () => {
    const storage = memory();
    const state = await open({ storage, schema });
    const told: unknown[] = [];
    state.events.on("state.changed", (event) => told.push(event.data.newValue));
    const a = await state.agent("a");
    await a.set("plan", { step: 2 } as never);
    await a.set("when", "2020-01-01T00:00:00.000Z" as never);
    const stored = [{ step: 2, note: "none" }, new Date("2020-01-01T00:00:00.000Z")];
    expect([a.get("plan"), a.get("when")]).toEqual(stored);
    expect(told).toEqual(stored);
    await state.close();
    const again = await open({ storage });
    expect([await again.read(agent("a"), "plan"), await again.read(agent("a"), "when")]).toEqual(stored);
    await again.close();
  });

  test("checks what hooks make of a value", async () => {
    await using state = await open({ schema });
    state.hooks.on("before_state_change", { id: "negative" }, () => modify(-1));
    await expect(state.set("count", 1)).rejects.toMatchObject({ code: "schema" });
    expect(state.has("count")).toBe(false);
  });

  test("may be asynchronous, and the order of writes stays", async () => {
    const slow = z.number().refine(async (n) => {
      await new Promise((resolve) => setTimeout(resolve, n % 3));
      return n < 100;
    });
    await using state = await open({ schema: { version: 1, scopes: { global: { n: slow } } } });
    const seen: unknown[] = [];
    state.events.on("state.changed", (event) => seen.push(event.data.newValue));
    await Promise.all([3, 2, 1, 6, 5].map((n) => state.set("n", n)));
    expect(seen).toEqual([3, 2, 1, 6, 5]);
    await expect(state.set("n", 100)).rejects.toMatchObject({ code: "schema" });
  });

  test("of an older program meets a store of a newer one, and is refused; nothing is changed", async () => {
    const storage = memory();
    const state = await open({ storage, schema: { ...schema, version: 3 } });
    const { revision } = committed(await state.set("count", 1));
    await state.close();
    await expect(open({ storage, schema: { ...schema, version: 2 } })).rejects.toMatchObject({
      code: "newer_format",
    });
    const again = await open({ storage, schema: { ...schema, version: 3 } });
    expect([again.get("count"), again.headRevision]).toEqual([1, revision]);
    await again.close();
  });

  test("does not stand in the way of deletions, clear or expiry", async () => {
    await using state = await open({ schema });
    await state.set("count", 1);
    await state.delete("count");
    await state.set("count", 1);
    await state.clear();
    expect(state.size).toBe(0);
    expect(await state.read(globalScope(), "count")).toBeUndefined();
  });
});
