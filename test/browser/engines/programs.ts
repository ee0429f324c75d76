import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where each browser may be found: a name on the path or a pattern of absolute paths. */
const PROGRAMS = {
  chromium: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  firefox: ["firefox-esr", "firefox"],
  // The driver's package brings the library, and the library's the browser.
  webkit: ["/usr/lib/*/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser"],
  xvfb: ["Xvfb"],
} as const;

export type Program = keyof typeof PROGRAMS;

export const programs = Object.keys(PROGRAMS) as readonly Program[];

/** The path of a program, or undefined where it is not installed. */
export function findProgram(program: Program): string | undefined {
  for (const name of PROGRAMS[program]) {
    if (name.startsWith("/")) {
      const [path] = globSync(name);
      if (path !== undefined) return path;
      continue;
    }
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      const path = join(folder, name);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

/** Like `findProgram`. Throws where there is none. */
export function pathOf(program: Program): string {
  const path = findProgram(program);
  if (path === undefined)
    throw new Error(`${program} is not installed: run "node scripts/ensure-browsers.mjs"`);
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
