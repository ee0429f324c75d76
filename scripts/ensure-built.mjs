// Builds dist/ when it is missing or older than a source file, so that demo and bench run what is there to read.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const newest = (folder) =>
  readdirSync(folder, { recursive: true }).reduce(
    (latest, name) => Math.max(latest, statSync(join(folder, name)).mtimeMs),
    0,
  );

const built = existsSync("dist/index.js") ? statSync("dist/index.js").mtimeMs : 0;
if (Math.max(newest("src"), newest("adapters")) > built) {
  console.log("building keepstate first");
  const { status } = spawnSync("npm", ["run", "--silent", "build"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.exitCode = status ?? 1;
}
