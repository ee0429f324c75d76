/** A writer in a process of its own, to be killed. Prints one word a line; its arguments are a task and a path. */
import { writeSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { isStateError } from "../../src/adapter.ts";
import { commitNumber, commitsIn } from "./fixture.ts";

const [task = "", path = ""] = process.argv.slice(2);
const adapter = filesystem({ path, compactAbove: 20_000 });

/** Synchronous, so that a line that was printed was printed before the kill. */
function say(word: string | number): void {
  writeSync(1, `${word}\n`);
}

async function commitUntilKilled(): Promise<void> {
  const store = await adapter.open({ readOnly: false });
  for (let n = (await commitsIn(store)) + 1; n < 1_000_000; n++) {
    if ((await commitNumber(store, n)) !== "committed") throw new TypeError(`conflict at ${n}`);
    say(n);
  }
}

async function holdUntilKilled(): Promise<void> {
  await adapter.open({ readOnly: false });
  say("open");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}

/** Whoever gets in makes a file that nobody else may have made, and removes it before it leaves. */
async function race(): Promise<void> {
  try {
    const store = await adapter.open({ readOnly: false });
    const inside = join(path, "inside");
    await writeFile(inside, "", { flag: "wx" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await rm(inside);
    await store.close();
    say("entered");
  } catch (error) {
    say(isStateError(error, "locked") ? "locked" : String(error));
  }
}

const tasks: Record<string, () => Promise<void>> = { commit: commitUntilKilled, hold: holdUntilKilled, race };
await tasks[task]?.();
