import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { diskFiles } from "../../adapters/filesystem/files.ts";
import { createIdle } from "../../adapters/filesystem/idle.ts";

test("a file that was closed takes nothing more, although its descriptor may be another file's by now", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keepstate-late-"));
  try {
    const file = await diskFiles.open(join(folder, "a"), "create");
    await file.write(new Uint8Array([1]), 0);
    await file.close();
    await writeFile(join(folder, "b"), "untouched");
    const late = [
      async () => file.write(new Uint8Array([9]), 0),
      async () => file.read(new Uint8Array(1), 0),
      async () => file.truncate(0),
      async () => file.sync(),
      async () => file.writeThrough?.(new Uint8Array([9]), 0) ?? file.stat(),
    ];
    for (const call of late) await expect(call()).rejects.toMatchObject({ code: "closed" });
    await file.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("what is noted after the stop wakes nothing", async () => {
  let runs = 0;
  const idle = createIdle(
    async () => void runs++,
    (error) => expect.unreachable(String(error)),
  );
  idle.note();
  await idle.stop();
  idle.note();
  await wait(120);
  expect(runs).toBe(0);
});
