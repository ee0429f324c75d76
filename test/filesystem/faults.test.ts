import { describe, expect, it } from "vitest";
import { type FilesystemOptions, filesystemOn } from "../../adapters/filesystem/adapter.ts";
import { isStateError } from "../../src/adapter.ts";
import { createFakeDisk, type FakeDisk, systemError } from "./fake-disk.ts";
import { bytes, commitNumber, commitsIn, contentAfter, contentOf, key } from "./fixture.ts";

const PATH = "/store";
const LOG = `${PATH}/log`;

function adapterOn(disk: FakeDisk, options: Partial<FilesystemOptions> = {}) {
  return filesystemOn(disk.files, { path: PATH, onProblem: () => undefined, ...options });
}

/** Fails these operations on the log with this code while `on` says so. */
function failing(disk: FakeDisk, code: string, operations: readonly string[], path = LOG): { on: boolean } {
  const fault = { on: true };
  disk.step = (operation, at) => {
    if (fault.on && at === path && operations.includes(operation)) throw systemError(code);
  };
  return fault;
}

/** Becomes true soon, by work that this test does not await. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect.unreachable("it never came to pass");
}

for (const writeThrough of [true, false]) {
  const write = writeThrough ? "writeThrough" : "write";
  const sync = writeThrough ? "writeThrough" : "sync";

  describe(`faults, ${writeThrough ? "with" : "without"} writes that sync`, () => {
    it("a full disk refuses the commit and leaves the store usable", async () => {
      const disk = createFakeDisk({ writeThrough });
      const adapter = adapterOn(disk);
      const store = await adapter.open({ readOnly: false });
      await commitNumber(store, 1);
      const fault = failing(disk, "ENOSPC", [write]);
      const error: unknown = await commitNumber(store, 2).catch((failure: unknown) => failure);
      expect(adapter.classify?.(error)).toBe("quota");
      expect(await contentOf(store)).toEqual(contentAfter(1));
      fault.on = false;
      await commitNumber(store, 2);
      await commitNumber(store, 3);
      disk.losePower(() => 0.9);
      const again = await adapter.open({ readOnly: false });
      expect(await contentOf(again)).toEqual(contentAfter(3));
      await again.close();
    });

    it("a full disk that cannot be tidied poisons the store", async () => {
      const disk = createFakeDisk({ writeThrough });
      const store = await adapterOn(disk).open({ readOnly: false });
      await commitNumber(store, 1);
      failing(disk, "ENOSPC", [write, "truncate"]);
      await expect(commitNumber(store, 2)).rejects.toMatchObject({ code: "unavailable" });
      disk.step = () => undefined;
      await expect(commitNumber(store, 2)).rejects.toMatchObject({ code: "unavailable" });
      await store.close();
      const again = await adapterOn(disk).open({ readOnly: false });
      expect(await contentOf(again)).toEqual(contentAfter(1));
      await commitNumber(again, 2);
      await again.close();
    });

    it("a failed sync poisons: every call rejects until the store is opened again", async () => {
      const disk = createFakeDisk({ writeThrough });
      const store = await adapterOn(disk).open({ readOnly: false });
      await commitNumber(store, 1);
      failing(disk, "EIO", [sync]);
      await expect(commitNumber(store, 2)).rejects.toMatchObject({
        code: "unavailable",
        facts: { file: LOG },
      });
      disk.step = () => undefined;
      await expect(store.get([key("head")])).rejects.toMatchObject({ code: "unavailable" });
      await expect(commitNumber(store, 2)).rejects.toMatchObject({ code: "unavailable" });
      await expect(contentOf(store)).rejects.toMatchObject({ code: "unavailable" });
      await store.close();
      const again = await adapterOn(disk).open({ readOnly: false });
      const found = await commitsIn(again);
      expect([1, 2]).toContain(found);
      await commitNumber(again, found + 1);
      // The frame whose sync had failed is counted on by now, so it must be on disk although its pages were called clean.
      disk.losePower(() => 0.1);
      const last = await adapterOn(disk).open({ readOnly: false });
      expect(await contentOf(last)).toEqual(contentAfter(found + 1));
      await last.close();
    });

    it("a failure to make room ahead costs speed, not commits", async () => {
      const disk = createFakeDisk({ writeThrough });
      const store = await adapterOn(disk).open({ readOnly: false });
      await commitNumber(store, 1);
      let failed = 0;
      disk.step = (operation, path) => {
        if (operation !== "write" || path !== LOG || !writeThrough) return;
        failed++;
        throw systemError("ENOSPC");
      };
      for (let n = 2; n <= 120; n++) await commitNumber(store, n);
      expect(failed > 0).toBe(writeThrough);
      disk.losePower(() => 0.9);
      const again = await adapterOn(disk).open({ readOnly: false });
      expect(await contentOf(again)).toEqual(contentAfter(120));
      await again.close();
    });
  });
}

describe("faults", () => {
  it("a directory that may not be touched is unavailable, and the message names it", async () => {
    for (const code of ["EACCES", "EPERM", "EROFS"]) {
      const disk = createFakeDisk({ writeThrough: true });
      const adapter = adapterOn(disk);
      disk.step = (operation, path) => {
        if (operation === "createExclusive")
          throw Object.assign(systemError(code), { message: `${code} '${path}'` });
      };
      const error: unknown = await adapter.open({ readOnly: false }).catch((failure: unknown) => failure);
      expect(adapter.classify?.(error)).toBe("unavailable");
      expect(String(error)).toContain(PATH);
    }
  });

  it("a rename that is held up for a moment is tried again", async () => {
    for (const code of ["EPERM", "EBUSY", "EACCES"]) {
      const disk = createFakeDisk({ writeThrough: true });
      let refusals = 2;
      disk.step = (operation) => {
        if (operation === "rename" && refusals-- > 0) throw systemError(code);
      };
      const store = await adapterOn(disk).open({ readOnly: false });
      await commitNumber(store, 1);
      await store.close();
      const again = await adapterOn(disk).open({ readOnly: true });
      expect(await contentOf(again)).toEqual(contentAfter(1));
      await again.close();
    }
  });

  it("a compaction that cannot take the log's name leaves the old log, says so, and commits go on", async () => {
    const disk = createFakeDisk({ writeThrough: true });
    const problems: unknown[] = [];
    const store = await adapterOn(disk, {
      compactAbove: 4000,
      onProblem: (error) => problems.push(error),
    }).open({
      readOnly: false,
    });
    await commitNumber(store, 1);
    const before = (await disk.files.stat(LOG))?.identity;
    failing(disk, "EPERM", ["rename"]);
    let n = 1;
    await until(async () => {
      await commitNumber(store, ++n);
      return problems.length > 0;
    });
    disk.step = () => undefined;
    expect((await disk.files.stat(LOG))?.identity).toBe(before);
    expect(disk.names()).not.toContain(`${PATH}/log.new`);
    expect(await contentOf(store)).toEqual(contentAfter(n));
    await store.close();
    const again = await adapterOn(disk).open({ readOnly: true });
    expect(await contentOf(again)).toEqual(contentAfter(n));
    await again.close();
  });

  it("what is committed to a log whose name its first writer could not make durable is not lost with that name", async () => {
    const disk = createFakeDisk({ writeThrough: true });
    const store = await adapterOn(disk, { compactAbove: 4000 }).open({ readOnly: false });
    await commitNumber(store, 1);
    failing(disk, "EIO", ["syncDirectory"], PATH);
    let n = 1;
    await until(async () => {
      const outcome = await commitNumber(store, n + 1).catch(() => "poisoned");
      if (outcome === "committed") n++;
      return outcome === "poisoned";
    });
    disk.kill();
    const next = await adapterOn(disk).open({ readOnly: false });
    await commitNumber(next, n + 1);
    disk.losePower(() => 0);
    const last = await adapterOn(disk).open({ readOnly: false });
    expect(await contentOf(last)).toEqual(contentAfter(n + 1));
    await last.close();
  });

  it("damage is never compacted away: the compaction stops and reports the key", async () => {
    const disk = createFakeDisk({ writeThrough: true });
    const problems: unknown[] = [];
    const store = await adapterOn(disk, {
      compactAbove: 4000,
      onProblem: (error) => problems.push(error),
    }).open({
      readOnly: false,
    });
    await store.commit({ writes: [{ put: key("victim"), value: bytes("a value that will be damaged") }] });
    const content = disk.content(LOG);
    const at = Buffer.from(content ?? []).indexOf("a value that");
    content?.set([0], at);
    let n = 0;
    await until(async () => {
      await commitNumber(store, ++n);
      return problems.length > 0;
    });
    expect(isStateError(problems[0], "corrupt") && problems[0].facts.key).toBe("victim");
    await expect(store.get([key("victim")])).rejects.toMatchObject({
      code: "corrupt",
      facts: { file: LOG, offset: at },
    });
    expect(Buffer.from(disk.content(LOG) ?? []).indexOf(" value that")).toBe(at + 1);
    for (let more = 0; more < 50; more++) await commitNumber(store, ++n);
    expect(problems.length).toBe(1);
    await store.close();
  });

  it("unknown options and a missing path are mistakes", () => {
    const disk = createFakeDisk({ writeThrough: true });
    expect(() => adapterOn(disk, { path: "" })).toThrow(TypeError);
    expect(() => adapterOn(disk, { compactAbove: 0 })).toThrow(TypeError);
    expect(() => adapterOn(disk, JSON.parse('{"sync":false}'))).toThrow(/no option "sync"/);
  });
});
