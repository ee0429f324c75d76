/** Each link of a fair turn by itself; that tabs take turns at all is shown in real browsers. */
import "fake-indexeddb/auto";
import { expect, test, vi } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import { giveWay } from "../../src/journal/pace.ts";
import { guard } from "../../src/store/guard.ts";
import type { Key } from "../../src/store/store.ts";

const name = () => `turns-${crypto.randomUUID()}`;
const write = (key: string) => ({ writes: [{ put: key as Key, value: new Uint8Array(1) }] });

test("a commit that meets a plea waits until the one who pleaded has committed", async () => {
  const adapter = indexedDB({ name: name() });
  const [busy, rare] = await Promise.all([
    guard(adapter, { readOnly: false }),
    guard(adapter, { readOnly: false }),
  ]);
  const order: string[] = [];
  const told = vi.fn();
  busy.watch?.(told);
  await rare.commit(write("a"));
  await vi.waitFor(() => expect(told).toHaveBeenCalled());
  await giveWay(rare, 4);
  // The plea travels as the news does, and before what follows it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const held = busy.commit(write("b")).then(() => order.push("busy"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(order).toEqual([]);
  await rare.commit(write("c"));
  order.push("rare");
  await held;
  expect(order).toEqual(["rare", "busy"]);
  await Promise.all([busy.close(), rare.close()]);
});

test("a store that cannot plead keeps out of step instead", async () => {
  const adapter = indexedDB({ name: name() });
  const { plead: _, ...store } = await guard(adapter, { readOnly: false });
  await giveWay(store, 1);
  await store.close();
});
