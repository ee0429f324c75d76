import { expect, test, afterEach } from "vitest";
import { agent, globalScope } from "../../src/index.ts";
import { seededRandom } from "../../src/testing.ts";
import { endAll, origin, stall, vanish, untilHead, buffered } from "../state/pending-world.ts";
import { collect, turns } from "../state/world.ts";
afterEach(endAll);

async function one(seed: number) {
  const r = seededRandom(seed);
  const at = origin({ locks: r.chance(0.8) });
  const kept = new Set<string>(), lost = new Map<string,string>(), all = new Map<string, string>();
  const told = new Map<string, string[]>();
  let n = 0;
  const log: string[] = [];
  const lives: any[] = [];
  const keys = ["a", "b", "c"];
  async function start() {
    const life: any = await at.live({ persistence: { ...buffered, ...(r.chance(0.2) ? { batchSize: 3 } : {}), ...(r.chance(0.1) ? { mode: "immediate" } : {}), checkpointEvery: r.chance(0.5) ? 5 : 4096 } });
    life.open = new Set<string>();
    for (const t of ["pending.superseded", "pending.failed", "change.dropped"]) life.state.events.on(t, (e: any) => {
      if (e.data?.isKept === true) return;
      const id = String(e.data.value?.id ?? e.correlation.correlationId);
      told.set(id, [...(told.get(id) ?? []), t]); log.push(`${t} ${id} ${e.data.reason ?? ""} ${e.data.error ?? ""}`);
    });
    if (r.chance(0.3)) life.state.hooks.on("before_state_change", { id: "slow" }, async () => { await turns(r.below(60)); });
    life.no = lives.length;
    lives.push(life);
    log.push(`open ${life.no}`);
    return life;
  }
  async function write(life: any) {
    const id = `w${n++}`;
    const key = r.pick(keys);
    const opts = { correlationId: id };
    const kind = r.below(4);
    let p: Promise<any>;
    if (kind === 0) p = life.state.set(key, { id }, opts);
    else if (kind === 1) p = life.state.update(key, () => ({ id }), opts);
    else if (kind === 2) p = life.state.delete(key, opts);
    else p = life.state.batch((tx: any) => { tx.set(globalScope(), key, { id }); tx.set(agent("x"), key, { id }); }, opts);
    log.push(`life ${life.no} write ${id} ${["set","update","delete","batch"][kind]} ${key}`);
    const res = await p.catch((e) => ({ status: "rejected", e }));
    log.push(`  ${id} ${res.status}`);
    if (res.status === "buffered") life.open.add(id);
    if (res.status === "committed") { if (res.revision && kind !== 2) kept.add(id); }
  }
  await start();
  for (let step = 0; step < 25; step++) {
    const alive = lives.filter((l) => !l.dead);
    const life = alive.length ? r.pick(alive) : await start();
    const what = r.below(12);
    if (what < 6) await write(life);
    else if (what === 6) { await life.state.flush().catch(() => {}); log.push(`flush ${life.no}`); }
    else if (what === 7 && alive.length < 3) await start();
    else if (what === 8) { log.push(`hide ${life.no}`); for (const id of life.open) kept.add(id); void life.program.suspend(); await turns(r.below(100)); }
    else if (what === 9) { log.push(`vanish ${life.no}`); for (const id of life.open) kept.add(id);
       void life.program.suspend(); await turns(r.below(80)); life.program.die(); life.dead = true;
       if (alive.length === 1) at.backend.crash(); else { /* others live: its in-flight writes may land */ } }
    else if (what === 10) { log.push(`close ${life.no}`); await life.state.close().catch(() => {}); for (const id of life.open) kept.add(id); life.dead = true; }
    else if (what === 11) { const f = r.pick(["fail-before", "fail-after"]); try { at.backend.plan({ at: at.backend.effects + 1 + r.below(3), kind: f as any }); log.push(f);} catch {} }
  }
  for (const l of lives.filter((l) => !l.dead)) { await l.state.close().catch((e: any) => log.push("close failed " + e)); for (const id of l.open) kept.add(id); l.dead = true; }
  for (const l of lives) l.program.die();
  at.backend.crash();
  const last = await start();
  await last.state.flush().catch((e: any) => log.push(String(e)));
  await turns(50); await last.state.flush().catch(() => {});
  const last2 = await start();
  await last2.state.flush();
  const count = new Map<string, number>();
  const place = new Set<string>();
  for await (const e of untilHead(last2.state)) { const id = e.correlation.correlationId; const p = id + " " + e.revision; if (place.has(p)) continue; place.add(p); count.set(id, (count.get(id) ?? 0) + 1); }
  const story = `seed ${seed}\n${log.join("\n")}\n${JSON.stringify([...at.around.entries])}`;
  for (const [id, c] of count) if (c > 1 && id.startsWith("w")) throw new Error(`twice ${id}\n` + story);
  for (const id of kept) if (!count.has(id) && !told.has(id)) {
    // deletes of nothing
    if (log.some((l) => l.includes(`write ${id} delete`))) continue;
    throw new Error(`lost ${id}\n` + story);
  }
  expect(at.around.entries.size, story).toBe(0);
}
const from = Number(process.env.FROM ?? 1), to = Number(process.env.TO ?? 300);
test("accounting", async () => {
  const fails: string[] = [];
  for (let s = from; s <= to; s++) { try { await one(s); } catch (e) { fails.push(String(e)); } await endAll(); }
  console.log(fails.length, fails[0], "\n-----\n", fails[1]);
  expect(fails.length).toBe(0);
}, 400000);
