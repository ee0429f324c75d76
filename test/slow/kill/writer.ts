/**
 * The process that is killed. It counts on from what it finds, in batches over three scopes that must never disagree,
 * several at once, with checkpoints and large values on the way, and prints the number of each acknowledged one.
 */
import { writeSync } from "node:fs";
import { filesystem } from "../../../adapters/filesystem/index.ts";
import { agent, custom, StateManager } from "../../../src/index.ts";

const path = process.argv[2] ?? "";
const state = await StateManager.open({
  storage: filesystem({ path }),
  persistence: { checkpointEvery: 60 },
});
const counter = await state.agent("counter");
let n = (counter.get("n") as number | undefined) ?? 0;
writeSync(1, `open ${n}\n`);

const deadline = Date.now() + 20_000;
while (Date.now() < deadline) {
  const width = 1 + Math.floor(Math.random() * 6);
  await Promise.all(
    Array.from({ length: width }, async () => {
      const mine = ++n;
      const pad = "x".repeat(mine % 17 === 0 ? 20_000 : mine % 300);
      const result = await state.batch((tx) => {
        tx.set(agent("counter"), "n", mine);
        tx.set(custom("mirror"), "n", mine);
        tx.set(agent("log"), `k${mine % 40}`, { n: mine, pad });
      });
      if (result.status !== "committed") throw new TypeError(`batch ${mine} came to ${result.status}`);
      writeSync(1, `ack ${mine}\n`);
    }),
  );
}
