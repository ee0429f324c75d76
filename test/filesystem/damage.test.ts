import { describe, expect, it } from "vitest";
import { filesystemOn } from "../../adapters/filesystem/adapter.ts";
import { isStateError, type Store } from "../../src/adapter.ts";
import { createFakeDisk, type FakeDisk } from "./fake-disk.ts";
import {
  bytes,
  chance,
  commitNumber,
  commitsIn,
  contentAfter,
  contentOf,
  key,
  keysUpTo,
  text,
} from "./fixture.ts";

const PATH = "/store";
const LOG = `${PATH}/log`;
const HINT = `${PATH}/hint`;
const COMMITS = 12;
const HEADER = 48;

function adapterOn(disk: FakeDisk) {
  return filesystemOn(disk.files, { path: PATH, onProblem: () => undefined });
}

interface Told {
  readonly log: Uint8Array;
  readonly hint: Uint8Array | undefined;
  /** Where the log ended after each commit. */
  readonly ends: readonly number[];
}

/** The files of a store with so many commits, closed or killed. */
async function told(commits: number, ending: "closed" | "killed"): Promise<Told> {
  const disk = createFakeDisk({ writeThrough: true });
  const ends: number[] = [];
  disk.files.open = spyOn(disk, ends);
  const store = await adapterOn(disk).open({ readOnly: false });
  for (let n = 1; n <= commits; n++) await commitNumber(store, n);
  const killed = disk.content(LOG)?.slice();
  await store.close();
  const log = ending === "closed" ? disk.content(LOG) : killed;
  return { log: log ?? new Uint8Array(0), hint: ending === "closed" ? disk.content(HINT) : undefined, ends };
}

/** Notes where each synced write ends. */
function spyOn(disk: FakeDisk, ends: number[]): FakeDisk["files"]["open"] {
  const open = disk.files.open;
  return async (path, mode) => {
    const file = await open(path, mode);
    const { writeThrough } = file;
    if (writeThrough === undefined) return file;
    return {
      ...file,
      async writeThrough(part, position) {
        await writeThrough(part, position);
        ends.push(position + part.length);
      },
    };
  };
}

function diskWith(log: Uint8Array, hint?: Uint8Array): FakeDisk {
  const disk = createFakeDisk({ writeThrough: true });
  disk.replace(LOG, log);
  disk.replace(HINT, hint);
  return disk;
}

/** Whether any read gives something that was not committed last: a wrong value, or absence of what is there. */
async function expectNoLie(store: Store, commits: number, label: string): Promise<number> {
  const truth = contentAfter(commits);
  let refused = 0;
  for (const each of keysUpTo(commits)) {
    try {
      const [value] = await store.get([each]);
      expect(text(value), `${label}: ${each}`).toBe(truth.get(each));
    } catch (error) {
      if (!isStateError(error, "corrupt")) throw error;
      expect(error.facts.file, label).toBe(LOG);
      expect(error.facts.offset, label).toBeTypeOf("number");
      refused++;
    }
  }
  return refused;
}

describe("damage", () => {
  it("a log cut at any byte of its last frame keeps everything before that frame", async () => {
    const { log, ends } = await told(COMMITS, "killed");
    const start = ends[COMMITS - 2] ?? 0;
    const end = ends[COMMITS - 1] ?? 0;
    for (let size = start; size <= end; size++) {
      const disk = diskWith(log.slice(0, size));
      const whole = size === end ? COMMITS : COMMITS - 1;
      const store = await adapterOn(disk).open({ readOnly: false });
      expect(disk.content(LOG)?.length, "opening cuts nothing").toBe(size);
      expect(await contentOf(store), `cut at ${size}`).toEqual(contentAfter(whole));
      await commitNumber(store, whole + 1);
      await store.close();
      const again = await adapterOn(disk).open({ readOnly: true });
      expect(await contentOf(again), `cut at ${size}`).toEqual(contentAfter(whole + 1));
      await again.close();
    }
  });

  it("what the hint proves may not be missing: such a log is refused, not taken for an old one", async () => {
    const { log, hint, ends } = await told(COMMITS, "closed");
    const end = ends[COMMITS - 1] ?? 0;
    for (const size of [0, 1, HEADER, ends[3] ?? 0, end - 1]) {
      const disk = diskWith(log.slice(0, size), hint);
      await expect(adapterOn(disk).open({ readOnly: false })).rejects.toMatchObject({ code: "corrupt" });
      expect(disk.content(LOG)?.length).toBe(size);
    }
    const gone = createFakeDisk({ writeThrough: true });
    gone.replace(HINT, hint);
    await expect(adapterOn(gone).open({ readOnly: true })).rejects.toMatchObject({ code: "corrupt" });
  });

  it("a flipped bit anywhere before the end of a closed log never makes a wrong value or an absent key", async () => {
    const seed = Number(process.env["KEEPSTATE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    const random = chance(seed);
    const { log, hint, ends } = await told(COMMITS, "closed");
    const end = ends[COMMITS - 1] ?? 0;
    for (let flip = 0; flip < 400; flip++) {
      const at = Math.floor(random() * end);
      const damaged = log.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      const label = `byte ${at}, KEEPSTATE_SEED=${seed}`;
      const disk = diskWith(damaged, flip % 2 === 0 ? undefined : hint);
      for (const readOnly of [true, false]) {
        const store = await adapterOn(disk).open({ readOnly });
        await expectNoLie(store, COMMITS, label);
        await store.close();
      }
      expect(disk.content(LOG), label).toEqual(damaged);
    }
  });

  it("a damaged value concerns its key alone, and commits go on", async () => {
    const { log, ends } = await told(COMMITS, "closed");
    const damaged = log.slice();
    const at = Buffer.from(log).indexOf(contentAfter(COMMITS).get("slot/1") ?? "");
    damaged.set([0], at);
    const disk = diskWith(damaged);
    const store = await adapterOn(disk).open({ readOnly: false });
    expect(await expectNoLie(store, COMMITS, "one value")).toBe(1);
    await expect(store.get([key("slot/1")])).rejects.toMatchObject({ facts: { key: "slot/1", offset: at } });
    await store.commit({ writes: [{ put: key("slot/1"), value: bytes("healed") }] });
    expect((await store.get([key("slot/1")])).map(text)).toEqual(["healed"]);
    await store.close();
    expect(disk.content(LOG)?.slice(0, ends[COMMITS - 1])).toEqual(damaged.slice(0, ends[COMMITS - 1]));
  });

  it("an unreadable directory in the middle makes older keys doubtful, newer ones not, and commits impossible", async () => {
    const { log, ends } = await told(COMMITS, "closed");
    const frame = ends[COMMITS - 3] ?? 0;
    for (const at of [frame, frame + 20, frame + HEADER + 12]) {
      const damaged = log.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      const disk = diskWith(damaged);
      const store = await adapterOn(disk).open({ readOnly: false });
      expect((await store.get([key("head")])).map(text)).toEqual([`${COMMITS}`]);
      await expect(store.get([key("never")])).rejects.toMatchObject({
        code: "corrupt",
        facts: { offset: frame },
      });
      await expect(contentOf(store)).rejects.toMatchObject({ code: "corrupt" });
      expect(await expectNoLie(store, COMMITS, `byte ${at}`)).toBeGreaterThan(0);
      await expect(commitNumber(store, COMMITS + 1)).rejects.toMatchObject({ code: "read_only" });
      await store.close();
      expect(disk.content(LOG)).toEqual(damaged);
    }
  });

  it("a torn tail shrinks the log only when a writer commits", async () => {
    const { log, ends } = await told(COMMITS, "killed");
    const torn = log.slice();
    torn.fill(0, (ends[COMMITS - 1] ?? 0) - 30, ends[COMMITS - 1]);
    const disk = diskWith(torn);
    for (const readOnly of [true, false]) {
      const store = await adapterOn(disk).open({ readOnly });
      // The torn frame's header is whole, so it proves the one before it to readers too.
      expect(await commitsIn(store)).toBe(COMMITS - 1);
      await store.close();
      expect(disk.content(LOG)).toEqual(torn);
    }
  });

  it("what nothing proves is shown to a writer, who has made sure of it, and not to a reader", async () => {
    const disk = diskWith((await told(COMMITS, "killed")).log);
    const reader = await adapterOn(disk).open({ readOnly: true });
    expect(await contentOf(reader)).toEqual(contentAfter(COMMITS - 1));
    const writer = await adapterOn(disk).open({ readOnly: false });
    expect(await contentOf(writer)).toEqual(contentAfter(COMMITS));
    expect(await contentOf(reader)).toEqual(contentAfter(COMMITS - 1));
    await commitNumber(writer, COMMITS + 1);
    expect(await contentOf(reader)).toEqual(contentAfter(COMMITS));
    await writer.close();
    await reader.close();
  });

  it("a log in which nothing can be read is refused and left alone", async () => {
    for (const log of [new Uint8Array(0), new Uint8Array(5000), new Uint8Array(5000).fill(7)]) {
      const disk = diskWith(log);
      await expect(adapterOn(disk).open({ readOnly: false })).rejects.toMatchObject({ code: "corrupt" });
      expect(disk.content(LOG)).toEqual(log);
    }
  });

  it("a log of a newer format is refused untouched", async () => {
    const { log } = await told(2, "closed");
    const { crc32 } = await import("node:zlib");
    const newer = Buffer.from(log);
    newer[4] = 2;
    newer.writeUInt32LE(crc32(newer.subarray(0, HEADER - 4)), HEADER - 4);
    const disk = diskWith(newer);
    await expect(adapterOn(disk).open({ readOnly: false })).rejects.toMatchObject({ code: "newer_format" });
    expect(Buffer.from(disk.content(LOG) ?? []).equals(newer)).toBe(true);
  });

  it("a hint that is missing, damaged, old or of another log changes nothing but speed", async () => {
    const { log, hint } = await told(COMMITS, "closed");
    const [old, other] = [await told(4, "closed"), await told(COMMITS, "closed")];
    const flipped = hint?.slice();
    flipped?.set([flipped[60] === 0 ? 1 : 0], 60);
    const grown = createFakeDisk({ writeThrough: true });
    grown.replace(LOG, old.log);
    grown.replace(HINT, old.hint);
    const writer = await adapterOn(grown).open({ readOnly: false });
    for (let n = 5; n <= COMMITS; n++) await commitNumber(writer, n);
    await writer.close();
    grown.replace(HINT, old.hint);
    const disks = [undefined, new Uint8Array(0), hint?.slice(0, 50), flipped, other.hint, hint].map((each) =>
      diskWith(log, each),
    );
    for (const disk of [...disks, grown]) {
      const store = await adapterOn(disk).open({ readOnly: true });
      expect(await contentOf(store)).toEqual(contentAfter(COMMITS));
      await store.close();
    }
  });

  it("opening by the hint does not read the history", async () => {
    const disk = createFakeDisk({ writeThrough: true });
    const store = await adapterOn(disk).open({ readOnly: false });
    await store.commit({ writes: [{ put: key("large"), value: new Uint8Array(3_000_000) }] });
    await commitNumber(store, 1);
    await store.close();
    let read = 0;
    const open = disk.files.open;
    disk.files.open = async (path, mode) => {
      const file = await open(path, mode);
      return {
        ...file,
        async read(into, position) {
          read += into.length;
          return file.read(into, position);
        },
      };
    };
    const again = await adapterOn(disk).open({ readOnly: true });
    expect(read).toBeLessThan(1000);
    await again.close();
  });
});
