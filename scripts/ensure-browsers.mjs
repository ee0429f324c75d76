// Makes sure that the real browsers are there: Chromium, Firefox, WebKitGTK and a screen in memory for the last. On Debian
// and its kin, as root or with sudo that asks nothing, it installs what is missing; elsewhere it says what to install.
import { spawnSync } from "node:child_process";
import { findProgram, programs } from "../test/browser/engines/programs.ts";

const PACKAGES = {
  chromium: "chromium",
  firefox: "firefox-esr",
  webkit: "webkit2gtk-driver",
  xvfb: "xvfb",
};

const missing = () => programs.filter((program) => findProgram(program) === undefined);

/** Ends the process with a sentence where something is missing and cannot be installed. */
export function ensureBrowsers() {
  const packages = missing().map((program) => PACKAGES[program]);
  if (packages.length === 0) return;
  const install = `apt-get install -y ${packages.join(" ")}`;
  const root = asRoot();
  if (root !== undefined) {
    console.log(`browsers: ${packages.join(", ")} missing; ${install} (a minute or two)`);
    // The lists may be missing or out of date: then once more with new ones.
    if (!apt(root, ["install", "-y", ...packages])) {
      apt(root, ["update"]);
      apt(root, ["install", "-y", ...packages]);
    }
  }
  const still = missing();
  if (still.length === 0) return;
  console.error(`browsers: ${still.join(", ")} missing. On Debian: sudo ${install}`);
  process.exit(1);
}

/** What to put before a command so that root runs it; undefined where that, or apt-get, is not possible. */
function asRoot() {
  const works = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
  if (!works("apt-get", ["--version"])) return undefined;
  if (process.getuid?.() === 0) return [];
  return works("sudo", ["-n", "true"]) ? ["sudo", "-n"] : undefined;
}

function apt(root, args) {
  const [command, ...rest] = [
    ...root,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "-q",
    "--no-install-recommends",
    ...args,
  ];
  return spawnSync(command, rest, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

if (import.meta.main) ensureBrowsers();
