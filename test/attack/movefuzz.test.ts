import { expect, test } from "vitest";
import { agent } from "../../src/index.ts";
import { moveScopes } from "../../src/routing.ts";
import { degraded, profile } from "../../src/testing.ts";
import { open } from "../state/world.ts";
const { capabilities } = profile("strong");
function rng(seed: number) { return () => { seed = (seed * 1664525 + 1013904223) >>> 0; return seed / 2 ** 32; }; }
async function dump(b: any) {
  const s = await open({ storage: b.adapter() });
  const h = await s.agent("a");
  const r = Object.fromEntries(h.entries());
  h.close(); await s.close();
  return r;
}
test("fuzz", async () => {
  for (let seed = 1; seed <= 400; seed++) {
    const r = rng(seed * 7919);
    const A = degraded({ capabilities }), B = degraded({ capabilities });
    const from0 = await open({ storage: A.adapter() });
    for (const k of "abcde") await from0.setWithHooks(agent("a"), k, k);
    const to0 = await open({ storage: B.adapter() });
    await to0.set("x", 1);
    const movers = await Promise.all([0,1,2].map(async (i) => {
      const from = await open({ storage: A.adapter(), persistence: i === 2 ? { mode: "buffered" } : {} }), to = await open({ storage: B.adapter(), persistence: i === 2 ? { mode: "buffered" } : {}  });
      for (const s of [from, to]) s.hooks.on("before_state_change", { id: "slow" }, async () => {
        const n = Math.floor(r() * 4);
        for (let i = 0; i < n; i++) await new Promise((f) => setImmediate(f));
        if (r() < 0.05) throw new Error("hook");
      });
      return { from, to };
    }));
    await Promise.all(movers.map(async ({ from, to }) => {
      for (let n = 0; n < 2; n++) {
      const ac = new AbortController();
      await moveScopes({ from, to, match: "agent", batchSize: 1 + Math.floor(r() * 4), signal: ac.signal, onProgress: () => { if (r() < 0.05) ac.abort(); } }).catch(() => {});
      }
    }));
    for (const { from, to } of movers) { await from.close(); await to.close(); }
    await from0.close(); await to0.close();
    const [a, b] = [await dump(A), await dump(B)];
    expect({ ...a, ...b }, `seed ${seed} ${JSON.stringify([a, b])}`).toEqual({ a: "a", b: "b", c: "c", d: "d", e: "e" });
  }
}, 300000);
