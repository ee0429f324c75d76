// Every subpath of the package loads as ESM and as CommonJS, and both give the same names.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(require.resolve("keepstate/package.json"), "utf8"));
/** It imports the platform's own module, which only workerd has; test/workerd loads it there. */
const elsewhere = ["./edge"];
const doors = Object.keys(manifest.exports).filter(
  (door) => !door.endsWith(".json") && !elsewhere.includes(door),
);

let failed = 0;
for (const door of doors) {
  const specifier = door.replace(".", manifest.name);
  try {
    const imported = Object.keys(await import(specifier))
      .sort()
      .join();
    const required = Object.keys(require(specifier)).sort().join();
    if (imported === "") throw new Error("exports nothing");
    if (imported !== required) throw new Error(`ESM has ${imported}, CommonJS has ${required}`);
  } catch (error) {
    failed += 1;
    console.error(specifier, error);
  }
}
console.log(`${doors.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
