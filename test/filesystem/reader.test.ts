import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesystem } from "../../adapters/filesystem/index.ts";
import type { Store } from "../../src/adapter.ts";
import { commitNumber, commitsIn, contentAfter, contentOf, key } from "./fixture.ts";
import { inFolder } from "./process.ts";

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect.unreachable("it never came to pass");
}

/** What a folder holds, with sizes and times of change. */
async function look(path: string): Promise<string[]> {
  const names = await readdir(path);
  return Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

describe("read-only", () => {
  it("makes nothing where there is nothing, and finds the store that comes to be there", async () => {
    await inFolder(async (path) => {
      const reader = await filesystem({ path }).open({ readOnly: true });
      expect(await contentOf(reader)).toEqual(new Map());
      await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
      const writer = await filesystem({ path }).open({ readOnly: false });
      expect(await contentOf(reader)).toEqual(new Map());
      await commitNumber(writer, 1);
      await commitNumber(writer, 2);
      expect(await commitsIn(reader)).toBeGreaterThanOrEqual(1);
      await writer.close();
      expect(await contentOf(reader)).toEqual(contentAfter(2));
      await reader.close();
    });
  });

  it("sees the last commit soon after the writer has paused, and each state it sees is a whole one", async () => {
    await inFolder(async (path) => {
      const writer = await filesystem({ path }).open({ readOnly: false });
      await commitNumber(writer, 1);
      const reader = await filesystem({ path }).open({ readOnly: true });
      let last = 0;
      for (let n = 2; n <= 60; n++) {
        const writing = commitNumber(writer, n);
        const content = await contentOf(reader, 1);
        const seen = Number(content.get("head") ?? 0);
        expect(seen).toBeGreaterThanOrEqual(last);
        expect(content).toEqual(contentAfter(seen));
        last = seen;
        await writing;
        expect(await commitsIn(reader)).toBeGreaterThanOrEqual(n - 1);
      }
      await until(async () => (await commitsIn(reader)) === 60);
      await commitNumber(writer, 61);
      await writer.close();
      expect(await contentOf(reader)).toEqual(contentAfter(61));
      await reader.close();
    });
  });

  it("follows the writer over compactions", async () => {
    await inFolder(async (path) => {
      const writer = await filesystem({ path, compactAbove: 10_000 }).open({ readOnly: false });
      await commitNumber(writer, 1);
      const reader = await filesystem({ path }).open({ readOnly: true });
      const logs = new Set<number>();
      for (let n = 2; n <= 150; n++) {
        await commitNumber(writer, n);
        logs.add((await stat(join(path, "log"))).ino);
        const seen = await commitsIn(reader);
        expect(seen).toBeGreaterThanOrEqual(n - 1);
        if (n % 10 === 0) {
          const content = await contentOf(reader);
          expect(content).toEqual(contentAfter(Number(content.get("head"))));
        }
      }
      expect(logs.size).toBeGreaterThan(1);
      await writer.close();
      expect(await contentOf(reader)).toEqual(contentAfter(150));
      await reader.close();
    });
  });

  it("changes nothing at all, and takes no lock", async () => {
    await inFolder(async (path) => {
      const writer = await filesystem({ path }).open({ readOnly: false });
      for (let n = 1; n <= 5; n++) await commitNumber(writer, n);
      await writer.close();
      const before = await look(path);
      const readers: Store[] = [];
      for (let i = 0; i < 3; i++) readers.push(await filesystem({ path }).open({ readOnly: true }));
      for (const reader of readers) expect(await contentOf(reader)).toEqual(contentAfter(5));
      await expect(commitNumber(readers[0] as Store, 6)).rejects.toMatchObject({ code: "read_only" });
      expect(await look(path)).toEqual(before);
      for (const reader of readers) await reader.close();
      expect(await look(path)).toEqual(before);
    });
  });

  it("a log that is taken away is reported, not taken for an empty store", async () => {
    await inFolder(async (path) => {
      const writer = await filesystem({ path }).open({ readOnly: false });
      await commitNumber(writer, 1);
      await writer.close();
      const reader = await filesystem({ path }).open({ readOnly: true });
      await rm(join(path, "log"));
      await expect(reader.get([key("head")])).rejects.toMatchObject({ code: "corrupt" });
      await reader.close();
    });
  });
});
