import { expect, test } from "vitest";
import { agent } from "../../src/index.ts";
import { moveScopes } from "../../src/routing.ts";
import { degraded, profile } from "../../src/testing.ts";
import { open, signal } from "../state/world.ts";

const { capabilities } = profile("strong");

async function dump(b: any) {
  const s = await open({ storage: b.adapter() });
  const h = await s.agent("a");
  const r = Object.fromEntries(h.entries());
  h.close(); await s.close();
  return r;
}

test("two movers, one completes while other copies", async () => {
  const A = degraded({ capabilities }), B = degraded({ capabilities });
  const from1 = await open({ storage: A.adapter() });
  for (const k of "abcde") await from1.setWithHooks(agent("a"), k, k);
  const to1 = await open({ storage: B.adapter() });
  await to1.set("x", 1);
  const from2 = await open({ storage: A.adapter() });
  const to2 = await open({ storage: B.adapter() });
  const go = signal(), reached = signal();
  let n = 0;
  to2.hooks.on("before_state_change", { id: "slow" }, async () => { if (n++ === 0) { reached.resolve(); await go.promise; } });
  const second = moveScopes({ from: from2, to: to2, match: "agent", batchSize: 2 });
  await reached.promise;
  // mover 1: stop at deleting
  let done2: any; 
  const ac = new AbortController();
  const first = moveScopes({ from: from1, to: to1, match: "agent", batchSize: 2, signal: ac.signal,
    onProgress: (p) => { if (p.phase === "deleting" && p.done === 2) { ac.abort(); } } }).catch((e: unknown) => e);
  const r1 = await first; // died between: complete, source half emptied
  go.resolve();
  done2 = await second.catch((e: unknown) => e);
  console.log(String(r1), JSON.stringify(done2));
  for (const s of [from1, from2, to1, to2]) await s.close();
  console.log(await dump(A), await dump(B));
  expect({ ...(await dump(A)), ...(await dump(B)) }).toEqual({ a: "a", b: "b", c: "c", d: "d", e: "e" });
});

test("same openings, in parallel", async () => {
  for (let i = 0; i < 1; i++) {
    const A = degraded({ capabilities }), B = degraded({ capabilities });
    const from = await open({ storage: A.adapter() });
    for (const k of "abcde") await from.setWithHooks(agent("a"), k, k);
    const to = await open({ storage: B.adapter() });
    await to.set("x", 1);
    const rs = await Promise.allSettled([1, 2].map(() => moveScopes({ from, to, match: "agent", batchSize: 2 })));
    console.log(JSON.stringify(rs));
    await from.close(); await to.close();
    console.log(await dump(A), await dump(B));
    expect({ ...(await dump(A)), ...(await dump(B)) }).toEqual({ a: "a", b: "b", c: "c", d: "d", e: "e" });
  }
});
for (const size of [1,2,3,500])
test("two openings, in parallel " + size, async () => {
    const A = degraded({ capabilities }), B = degraded({ capabilities });
    const from = await open({ storage: A.adapter() });
    for (const k of "abcde") await from.setWithHooks(agent("a"), k, k);
    const to = await open({ storage: B.adapter() });
    await to.set("x", 1);
    const from2 = await open({ storage: A.adapter() });
    const to2 = await open({ storage: B.adapter() });
    const rs = await Promise.allSettled([moveScopes({ from, to, match: "agent", batchSize: size }),moveScopes({ from: from2, to: to2, match: "agent", batchSize: size }) ]);
    console.log(JSON.stringify(rs));
    await from.close(); await to.close(); await from2.close(); await to2.close();
    console.log(await dump(A), await dump(B));
    expect({ ...(await dump(A)), ...(await dump(B)) }).toEqual({ a: "a", b: "b", c: "c", d: "d", e: "e" });
});
