/** Where stores live while they are measured: beside the sources, so on a disk and not on a tmpfs. */

import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Scratch {
  readonly root: string;
  /** Runs with a fresh directory that is removed afterwards. */
  within<T>(use: (dir: string) => Promise<T>): Promise<T>;
  /** A directory that `build` fills the first time it is asked for in this run. */
  fixture(name: string, build: (dir: string) => Promise<void>): Promise<string>;
  remove(): Promise<void>;
}

export async function openScratch(): Promise<Scratch> {
  const base = fileURLToPath(new URL(".tmp/", import.meta.url));
  await mkdir(base, { recursive: true });
  const root = await mkdtemp(join(base, "run-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      rmSync(root, { recursive: true, force: true });
      process.exit(1);
    });
  }
  const fixtures = new Map<string, Promise<string>>();

  async function build(name: string, fill: (dir: string) => Promise<void>): Promise<string> {
    const dir = await mkdtemp(join(root, "fixture-"));
    console.log(`  building ${name}`);
    await fill(dir);
    return dir;
  }

  return {
    root,
    async within(use) {
      const dir = await mkdtemp(join(root, "store-"));
      try {
        return await use(dir);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    fixture(name, fill) {
      let dir = fixtures.get(name);
      if (dir === undefined) {
        dir = build(name, fill);
        fixtures.set(name, dir);
      }
      return dir;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
