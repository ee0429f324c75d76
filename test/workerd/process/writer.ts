/**
 * The process that is killed, workerd and all: it notes numbers in both objects, several at once, and prints each that
 * was acknowledged. Its arguments: the bundle's file, the data's folder, the first number.
 */
import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { startNotebook } from "./notebook.ts";

const [file = "", path = "", first = "1"] = process.argv.slice(2);
const notebook = await startNotebook(await readFile(file, "utf8"), path);

for (let n = Number(first); n < Number(first) + 100_000; ) {
  const width = 1 + Math.floor(Math.random() * 5);
  await Promise.all(
    Array.from({ length: width }, async () => {
      const mine = n++;
      const backend = mine % 2 === 0 ? "SQL" : "KV";
      await notebook.note(backend, mine);
      writeSync(1, `${mine}\n`);
    }),
  );
}
