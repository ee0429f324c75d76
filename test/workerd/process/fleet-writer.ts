/**
 * The process that is killed, workerd and all: it sets the numbers that are left, on all agents at once, and prints each
 * that was acknowledged. Its arguments: the bundle's file, the data's folder, a file with the plan as JSON.
 */
import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { startFleet } from "./fleet.ts";

const [file = "", path = "", planFile = ""] = process.argv.slice(2);
/** For each agent the numbers to set. */
const plan: Readonly<Record<string, readonly number[]>> = JSON.parse(await readFile(planFile, "utf8"));
const fleet = await startFleet(await readFile(file, "utf8"), path);

/** Several sets of an agent are always under way. */
const LANES = 3;

await Promise.all(
  Object.entries(plan).flatMap(([agent, numbers]) => {
    const left = [...numbers];
    return Array.from({ length: LANES }, async () => {
      for (let n = left.shift(); n !== undefined; n = left.shift()) {
        await fleet.set(agent, n);
        writeSync(1, `${n}\n`);
      }
    });
  }),
);
await fleet.stop();
