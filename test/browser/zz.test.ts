import { test } from "vitest";
import { webkit } from "./engines/webkit.ts";
import { inEachBrowser } from "./world.ts";
const nap=(ms:number)=>new Promise(r=>setTimeout(r,ms));
inEachBrowser((world) => {
  test.each([false,true])("zz %s", async (open) => {
    const { tab, raw, server } = await world();
    const page = await tab();
    if (open) await page.ask("open", { indexeddb: { name: "left" }, persistence: { mode: "buffered", flushIntervalMs: 3_600_000, batchSize: 1_000_000 } as const });
    if (open) await page.ask("set", "late", 1);
    await page.evaluate(`void (globalThis.kept=localStorage, localStorage.setItem('early','1'), ['pagehide','visibilitychange','unload'].forEach(n=>(n[0]=='v'?document:window).addEventListener(n, ()=>{kept.setItem('probe-'+n, '1'); navigator.sendBeacon('/told', JSON.stringify([n,document.visibilityState,kept.length, String(window.localStorage)]))})))`);
    const w = await raw();
    await page.close();
    await nap(500);
    console.log(JSON.stringify(server.told), await w.ask("local"));
  });
}, [webkit]);
