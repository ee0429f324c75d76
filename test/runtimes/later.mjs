// What is loaded when it is needed is there: hooks, a checkpoint, history and large commits, as ESM and as CommonJS.
import { createRequire } from "node:module";

const doors = { ESM: () => import("keepstate"), CommonJS: () => createRequire(import.meta.url)("keepstate") };

let failed = 0;
for (const [format, load] of Object.entries(doors)) {
  try {
    await exercise(await load());
  } catch (error) {
    failed += 1;
    console.error(format, error);
  }
}
console.log(`${Object.keys(doors).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function exercise({ cancel, globalScope, proceed, StateManager }) {
  const state = await StateManager.open();
  const many = Array.from({ length: 20_001 }, (_, i) => ({ scope: globalScope(), key: `k${i}`, value: i }));
  expect(await state.setMany(many), "committed");
  state.hooks.on("before_state_change", { id: "guard", replayable: true }, ({ key }) =>
    key === "secret" ? cancel("no") : proceed(),
  );
  let told = 0;
  state.hooks.on("after_state_change", { id: "told", keys: ["when"] }, () => void told++);
  const correlationId = "run";
  expect(await state.set("when", new Date(5), { correlationId }), "committed");
  expect(await state.set("secret", 1, { correlationId }), "cancelled");
  if (!(await state.checkpoint())) throw new Error("no checkpoint");
  const { events } = await state.timeline(correlationId);
  if (told !== 1 || events.length !== 2 || state.get("k20000") !== 20_000) {
    throw new Error(`told ${told}, events ${events.length}, last ${state.get("k20000")}`);
  }
  await state.close();
}

function expect({ status }, wanted) {
  if (status !== wanted) throw new Error(`${status}, not ${wanted}`);
}
