/** The peers live in this folder's own package, so that nobody who uses keepstate ever installs one. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Says whether they are there afterwards. */
export function installPeers(): boolean {
  const marker = new URL("node_modules/.package-lock.json", import.meta.url);
  if (existsSync(marker)) return true;
  console.log("Installing the peers: npm ci --prefix bench (a minute or two, once)");
  const { status } = spawnSync("npm", ["ci", "--prefix", HERE, "--no-audit", "--no-fund"], {
    stdio: "inherit",
  });
  if (status !== 0) console.warn("The peers could not be installed; they are left out.");
  return status === 0;
}
