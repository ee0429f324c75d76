import { describe, expect, it } from "vitest";
import { filesystemOn } from "../../adapters/filesystem/adapter.ts";
import { createFakeDisk, type FakeDisk, systemError } from "./fake-disk.ts";
import { chance, commitNumber, commitsIn, contentAfter, contentOf, key } from "./fixture.ts";

const PATH = "/store";
const COMMITS = 30;
/** Small enough that the story below compacts more than once. */
const COMPACT_ABOVE = 12_000;

function adapterOn(disk: FakeDisk) {
  return filesystemOn(disk.files, { path: PATH, compactAbove: COMPACT_ABOVE, onProblem: () => undefined });
}

/** Commits until something fails; the result is how many were acknowledged. */
async function tell(disk: FakeDisk, from: number, to: number): Promise<number> {
  let acknowledged = from;
  try {
    const store = await adapterOn(disk).open({ readOnly: false });
    if ((await commitsIn(store)) !== from) throw new TypeError(`expected ${from} commits`);
    for (let n = from + 1; n <= to; n++) {
      await commitNumber(store, n);
      acknowledged = n;
    }
    await store.close();
  } catch (error) {
    if (!isCrash(error)) throw error;
  }
  return acknowledged;
}

const CRASH = systemError("EIO");

/** The crash itself, or what the store says once it has met it. */
function isCrash(error: unknown): boolean {
  return error === CRASH || (error instanceof Error && error.cause !== undefined);
}

/** From operation `at` on nothing works any more. */
function crashAt(disk: FakeDisk, at: number): () => number {
  let count = 0;
  disk.step = () => {
    if (++count >= at) throw CRASH;
  };
  return () => count;
}

async function expectStory(disk: FakeDisk, acknowledged: number, label: string): Promise<void> {
  const store = await adapterOn(disk).open({ readOnly: false });
  const found = await commitsIn(store);
  expect([acknowledged, acknowledged + 1], `${label}: commits found`).toContain(found);
  expect(await contentOf(store), label).toEqual(contentAfter(found));
  await commitNumber(store, found + 1);
  expect(await contentOf(store), label).toEqual(contentAfter(found + 1));
  await store.close();
  const again = await adapterOn(disk).open({ readOnly: true });
  expect(await contentOf(again), label).toEqual(contentAfter(found + 1));
  await again.close();
}

for (const writeThrough of [true, false]) {
  describe(`a crash at every step, ${writeThrough ? "with" : "without"} writes that sync`, () => {
    it("the whole story compacts and ends well", async () => {
      const disk = createFakeDisk({ writeThrough });
      let compactions = 0;
      disk.step = (operation, path) => {
        if (operation === "rename" && path === `${PATH}/log`) compactions++;
      };
      expect(await tell(disk, 0, COMMITS)).toBe(COMMITS);
      expect(compactions).toBeGreaterThan(1);
      await expectStory(disk, COMMITS, "the end");
    });

    it("a kill loses no acknowledged commit and shows no half one", async () => {
      for (let at = 1; at < 2000; at += 3) {
        const disk = createFakeDisk({ writeThrough });
        const count = crashAt(disk, at);
        const acknowledged = await tell(disk, 0, COMMITS);
        if (count() < at) return;
        disk.kill();
        await expectStory(disk, acknowledged, `killed at operation ${at}`);
      }
      expect.unreachable("the story never ended");
    });

    it("neither does a power cut that keeps some unsynced sectors and loses others", async () => {
      const seed = Number(process.env["KEEPSTATE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      for (let at = 1; at < 2000; at += 2) {
        const disk = createFakeDisk({ writeThrough });
        const count = crashAt(disk, at);
        const acknowledged = await tell(disk, 0, COMMITS);
        if (count() < at) return;
        disk.losePower(chance(seed + at));
        await expectStory(disk, acknowledged, `power lost at operation ${at}, KEEPSTATE_SEED=${seed}`);
      }
      expect.unreachable("the story never ended");
    });

    it("a frame of many parts is there as a whole or not at all", async () => {
      const seed = Number(process.env["KEEPSTATE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      const sizes = [300_000, 10, 700_000, 400_000, 0, 300_000];
      const keys = sizes.map((_, i) => key(`part/${i}`));
      for (let at = 1; at < 200; at++) {
        const random = chance(seed + at);
        const disk = createFakeDisk({ writeThrough });
        const store = await adapterOn(disk).open({ readOnly: false });
        await commitNumber(store, 1);
        const count = crashAt(disk, at);
        const writes = sizes.map((size, i) => ({
          put: key(`part/${i}`),
          value: new Uint8Array(size).fill(i + 1),
        }));
        const outcome = await store.commit({ writes }).catch(() => "failed");
        const steps = count();
        if (random() < 0.3) disk.kill();
        else disk.losePower(random);
        const again = await adapterOn(disk).open({ readOnly: false });
        const found = (await again.get(keys)).filter((value) => value !== undefined).length;
        const label = `crash at ${at}, KEEPSTATE_SEED=${seed}`;
        expect(outcome === "committed" ? [sizes.length] : [0, sizes.length], label).toContain(found);
        await commitNumber(again, 2);
        await again.close();
        if (steps < at) return;
      }
      expect.unreachable("the commit never succeeded");
    });

    it("nor do two crashes, the second while the first is repaired", async () => {
      const seed = Number(process.env["KEEPSTATE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      for (let at = 1; at < 60; at++) {
        const random = chance(seed + at);
        const disk = createFakeDisk({ writeThrough });
        crashAt(disk, 60 + Math.floor(random() * 60));
        const first = await tell(disk, 0, COMMITS);
        disk.kill();
        const reader = await adapterOn(disk).open({ readOnly: false });
        const found = await commitsIn(reader);
        expect([first, first + 1]).toContain(found);
        await reader.close();
        crashAt(disk, at);
        const second = await tell(disk, found, found + 3);
        disk.losePower(random);
        // What the second writer showed may not be lost, acknowledged by the first or not.
        await expectStory(disk, second, `second crash at ${at}, KEEPSTATE_SEED=${seed}`);
      }
    });
  });
}
