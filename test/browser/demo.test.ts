import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { serveDemo } from "./demo-site.ts";
import { engines } from "./engines/all.ts";
import type { Engine, Tab } from "./engines/engine.ts";

const PLAN =
  "Total the cost by team, then find the flood, then compare the two proposals, then remember the result";
const STEPS = [1, 2, 3, 4];
/** More than a page takes for anything that is waited for here. */
const PAGE_MS = 60_000;

let site: Awaited<ReturnType<typeof serveDemo>>;
beforeAll(async () => {
  site = await serveDemo();
});
afterAll(() => site.close());

async function launch(engine: Engine) {
  const profile = await mkdtemp(join(tmpdir(), `keepstate-demo-${engine.name}-`));
  let browser = await engine.launch(profile);
  onTestFinished(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    open: () => browser.open(site.address),
    async killAndRestart() {
      await browser.kill();
      browser = await engine.launch(profile);
    },
  };
}

const until = (tab: Tab, condition: string) =>
  tab.evaluate(
    `new Promise((resolve) => { const look = () => (${condition}) ? resolve(true) : setTimeout(look, 20); look(); })`,
    PAGE_MS,
  );
const click = async (tab: Tab, selector: string) => {
  await until(tab, `document.querySelector(${JSON.stringify(selector)})`);
  await tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
};
async function say(tab: Tab, words: string): Promise<void> {
  await until(tab, `document.querySelector("#say")`);
  await tab.evaluate(
    `(() => { const box = document.querySelector("#say"); box.value = ${JSON.stringify(words)}; box.form.requestSubmit(); })()`,
  );
}
const count = (selector: string) => `document.querySelectorAll(${JSON.stringify(selector)}).length`;
async function loadSamples(tab: Tab): Promise<void> {
  await click(tab, ".intro button.primary");
  await until(tab, `${count(".entry.guard")} === 1`);
}
const begun = (tab: Tab, steps: number) => until(tab, `${count(".plan li.done")} >= ${steps}`);
const done = (tab: Tab) => until(tab, `${count(".plan")} === 1 && ${count(".plan li:not(.done)")} === 0`);
const conversation = (tab: Tab) => tab.evaluate(`document.querySelector("[role=log]").innerText`);
/** The numbers of the plan's steps that were answered, in the order of the page. */
const answered = (tab: Tab) =>
  tab.evaluate(
    `[...document.querySelectorAll(".entry.agent .run")].map((one) => Number(/step (\\d+)/.exec(one.textContent)?.[1]))`,
  );

describe.each(engines)("the demo in $name", (engine) => {
  test("converses, and shows what was vetoed and what was taken out", async () => {
    const tab = await (await launch(engine)).open();
    await loadSamples(tab);
    await say(tab, "Insurance against a flood");
    await until(tab, `${count(".entry.agent figure")} > 0`);
    expect(await tab.evaluate(`document.querySelector(".entry.agent figcaption").textContent`)).toBe(
      "proposal-harbour.md line 22",
    );
    await say(tab, "my password is open-sesame");
    await until(tab, `${count(".entry.guard")} === 2`);
    await click(tab, "#tab-events");
    await until(tab, `${count(".events .veto")} === 2`);
    await click(tab, ".entry.guard:last-child .run");
    await until(tab, `${count(".change.veto")} === 1`);
    expect(await tab.evaluate(`document.querySelector(".change.veto .chip").textContent`)).toBe(
      "no-secrets: cancel",
    );
    await click(tab, "#tab-state");
    // What one may try is offered, and what was vetoed is given back to be changed; neither is state.
    const shown = await tab.evaluate(
      `document.querySelector("#panel-state").textContent + document.querySelector("[role=log]").textContent`,
    );
    expect(shown).toContain("address removed");
    for (const secret of ["open-sesame", "AKIAIOSFODNN7", "ines.holt@"]) expect(shown).not.toContain(secret);
  });

  test("goes on with a plan after a reload, in two tabs, each step once", async () => {
    const { open } = await launch(engine);
    const [one, two] = [await open(), await open()];
    await loadSamples(one);
    await say(one, PLAN);
    await begun(two, 1);
    await one.reload();
    await begun(one, 2);
    await two.reload();
    for (const tab of [one, two]) {
      await done(tab);
      expect(await answered(tab)).toEqual(STEPS);
    }
    expect(await conversation(two)).toBe(await conversation(one));
    await say(two, "what do you know");
    await until(one, `${count(".entry.agent")} === ${STEPS.length + 1}`);
    expect(await conversation(one)).toContain("You told me 1 thing");
  });

  test("goes on with a plan after the browser was killed", async () => {
    const { open, killAndRestart } = await launch(engine);
    const before = await open();
    await loadSamples(before);
    await say(before, PLAN);
    await begun(before, 2);
    await killAndRestart();
    const after = await open();
    await done(after);
    expect(await answered(after)).toEqual(STEPS);
  });
});
