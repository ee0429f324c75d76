import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesystemOn } from "../../adapters/filesystem/adapter.ts";
import { filesystem, type LockHolder } from "../../adapters/filesystem/index.ts";
import type { Store } from "../../src/adapter.ts";
import { createFakeDisk } from "./fake-disk.ts";
import { commitNumber, commitsIn } from "./fixture.ts";
import { inFolder, start } from "./process.ts";

const HOLDER = { host: hostname(), pid: process.pid, since: "2026-01-01T00:00:00.000Z", nonce: "abc123" };

async function lockedBy(path: string, holder: Partial<LockHolder> | string): Promise<void> {
  await mkdir(path, { recursive: true });
  const text = typeof holder === "string" ? holder : JSON.stringify({ ...HOLDER, ...holder });
  await writeFile(join(path, "lock"), text);
}

async function canWrite(path: string): Promise<void> {
  const store = await filesystem({ path }).open({ readOnly: false });
  await commitNumber(store, (await commitsIn(store)) + 1);
  await store.close();
  expect((await readdir(path)).sort()).toEqual(["hint", "log"]);
}

describe("lock", () => {
  it("a second writer is refused, told who holds the store, and gets in when that one has closed", async () => {
    await inFolder(async (path) => {
      const first = await filesystem({ path }).open({ readOnly: false });
      await expect(filesystem({ path }).open({ readOnly: false })).rejects.toMatchObject({
        code: "locked",
        message: expect.stringContaining(`process ${process.pid} on ${hostname()}`),
        facts: { file: join(path, "lock") },
      });
      await first.close();
      await canWrite(path);
    });
  });

  it("another process keeps writers out until it is killed", async () => {
    await inFolder(async (path) => {
      const holder = start("hold", path);
      await holder.printed(1);
      expect(holder.words).toEqual(["open"]);
      await expect(filesystem({ path }).open({ readOnly: false })).rejects.toMatchObject({ code: "locked" });
      await holder.kill();
      await canWrite(path);
    });
  });

  it("a holder from before the machine's last start, one whose number another process has, and one that ended are dead", async () => {
    const dead: Partial<LockHolder>[] = [{ pid: 2 ** 22 + 1 }];
    if (process.platform === "linux") dead.push({ boot: "an earlier one" }, { start: "1" });
    for (const holder of dead) {
      await inFolder(async (path) => {
        await lockedBy(path, holder);
        await canWrite(path);
      });
    }
  });

  it("a holder on another host is left alone, unless the caller declares it dead", async () => {
    await inFolder(async (path) => {
      await lockedBy(path, { host: "elsewhere" });
      const refused = filesystem({ path }).open({ readOnly: false });
      await expect(refused).rejects.toMatchObject({
        code: "locked",
        message: expect.stringMatching(/elsewhere.*by hand/),
      });
      expect(await readFile(join(path, "lock"), "utf8")).toContain("elsewhere");
      const asked: LockHolder[] = [];
      const takeOver = (holder: LockHolder) => asked.push(holder) > 1;
      await expect(filesystem({ path, takeOver }).open({ readOnly: false })).rejects.toMatchObject({
        code: "locked",
      });
      const store = await filesystem({ path, takeOver }).open({ readOnly: false });
      await store.close();
      expect(asked[0]).toMatchObject({ host: "elsewhere", nonce: HOLDER.nonce });
    });
  });

  it("a lock that cannot be read is never broken", async () => {
    for (const text of ["", "{", '{"host":"a"}', JSON.stringify({ ...HOLDER, nonce: "../../x" })]) {
      await inFolder(async (path) => {
        await lockedBy(path, text);
        await expect(filesystem({ path }).open({ readOnly: false })).rejects.toMatchObject({
          code: "locked",
        });
        expect(await readFile(join(path, "lock"), "utf8")).toBe(text);
      });
    }
  });

  it("a process that died while it broke a dead lock does not block the next", async () => {
    await inFolder(async (path) => {
      await lockedBy(path, { pid: 2 ** 22 + 1, nonce: "aaa" });
      const breaker = { ...HOLDER, pid: 2 ** 22 + 2 };
      await writeFile(join(path, "lock.aaa"), JSON.stringify({ ...breaker, nonce: "bbb" }));
      await writeFile(join(path, "lock.bbb"), JSON.stringify({ ...breaker, nonce: "ccc" }));
      await canWrite(path);
    });
  });

  it("closing leaves the lock of whoever took the store meanwhile, and its log", async () => {
    await inFolder(async (path) => {
      const store = await filesystem({ path }).open({ readOnly: false });
      await commitNumber(store, 1);
      await lockedBy(path, { nonce: "f00" });
      const before = await readFile(join(path, "log"));
      await store.close();
      expect(await readFile(join(path, "lock"), "utf8")).toContain("f00");
      expect(before.equals(await readFile(join(path, "log")))).toBe(true);
    });
  });

  // Ten processes start here, which takes its time on a busy machine.
  it("of many processes that recover a dead lock at once, never two are inside", {
    timeout: 60_000,
  }, async () => {
    for (let round = 0; round < 2; round++) {
      await inFolder(async (path) => {
        await lockedBy(path, { pid: 2 ** 22 + 1 });
        const racers = Array.from({ length: 5 }, () => start("race", path));
        await Promise.all(racers.map((racer) => racer.ended));
        const words = racers.flatMap((racer) => racer.words);
        expect(words.length).toBe(racers.length);
        for (const word of words) expect(["entered", "locked"]).toContain(word);
        expect(words).toContain("entered");
        await canWrite(path);
      });
    }
  });

  it("whoever is slow to remove a dead lock cannot remove the one that took its place", async () => {
    const disk = createFakeDisk({ writeThrough: true });
    disk.replace("/store/lock", Buffer.from(JSON.stringify({ ...HOLDER, pid: 2 ** 22 + 1 })));
    const quick = filesystemOn(disk.files, { path: "/store" });
    let other: Promise<PromiseSettledResult<Store>[]> | undefined;
    const slow = filesystemOn(
      {
        ...disk.files,
        // Between the last look at the dead lock and its removal, another writer tries with all its patience.
        async rename(from, to) {
          other ??= Promise.allSettled([quick.open({ readOnly: false })]);
          await other;
          return disk.files.rename(from, to);
        },
      },
      { path: "/store" },
    );
    const outcomes = [
      ...(await Promise.allSettled([slow.open({ readOnly: false })])),
      ...((await other) ?? []),
    ];
    const inside = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(outcomes.length).toBe(2);
    expect(inside.length).toBe(1);
    expect(disk.names()).toContain("/store/lock");
  });

  it("writers of one process that open at once: one gets in", async () => {
    await inFolder(async (path) => {
      await lockedBy(path, { pid: 2 ** 22 + 1 });
      const attempts = Array.from({ length: 8 }, () => filesystem({ path }).open({ readOnly: false }));
      const outcomes = await Promise.allSettled(attempts);
      const stores = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      expect(stores.length).toBe(1);
      for (const store of stores) await store.close();
    });
  });
});
