import { expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { Key } from "../../src/adapter.ts";

const key = (text: string) => text as Key;

it("keeps the data with the adapter: a second one starts empty", async () => {
  const adapter = memory();
  const store = await adapter.open({ readOnly: false });
  await store.commit({ writes: [{ put: key("a"), value: new Uint8Array([1]) }] });
  expect(await (await adapter.open({ readOnly: false })).get([key("a")])).toEqual([new Uint8Array([1])]);
  expect(await (await memory().open({ readOnly: false })).get([key("a")])).toEqual([undefined]);
});

it("copies a Node Buffer on the way out, whose slice would be a view", async () => {
  const store = await memory().open({ readOnly: false });
  await store.commit({ writes: [{ put: key("a"), value: Buffer.from("abc") }] });
  const [mine] = await store.get([key("a")]);
  mine?.fill(0);
  expect(await store.get([key("a")])).toEqual([new TextEncoder().encode("abc")]);
});

it("refuses to write a read-only opening by itself, without the guard", async () => {
  const store = await memory().open({ readOnly: true });
  await expect(store.commit({ writes: [] })).rejects.toMatchObject({ code: "read_only" });
});

it("tells only other openings, and lets a listener stop itself before it is told", async () => {
  const adapter = memory();
  const [a, b] = [await adapter.open({ readOnly: false }), await adapter.open({ readOnly: false })];
  const told: string[] = [];
  a.watch?.(() => told.push("a"));
  b.watch?.(() => told.push("b"));
  const stop = b.watch?.(() => told.push("never"));
  const committing = a.commit({ writes: [] });
  stop?.();
  await committing;
  await Promise.resolve();
  expect(told).toEqual(["b"]);
});
