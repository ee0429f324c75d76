import { expect, test } from "vitest";
import { agent, StateManager } from "../../src/index.ts";
import { degraded } from "../../src/testing/degraded.ts";
import { profile } from "../../src/testing/profiles.ts";

const long = { text: "the same words again and again ".repeat(200) };

test("compressed records take less room and come back with compression off", async () => {
  const sizes: number[] = [];
  for (const compression of [false, true]) {
    const backend = degraded({ capabilities: profile("batch-shared-strong").capabilities });
    const storage = backend.adapter();
    const state = await StateManager.open({ storage, persistence: { compression } });
    await state.setWithHooks(agent("a"), "long", long);
    await state.setWithHooks(agent("a"), "large", long.text.repeat(20));
    await state.checkpoint();
    await state.close();
    sizes.push([...backend.contents().values()].reduce((sum, bytes) => sum + bytes.length, 0));
    const again = await StateManager.open({ storage, persistence: { compression: !compression } });
    expect(await again.read(agent("a"), "long")).toEqual(long);
    expect(await again.read(agent("a"), "large")).toBe(long.text.repeat(20));
    await again.close();
  }
  const [plain = 0, packed = 0] = sizes;
  expect(packed).toBeLessThan(plain / 10);
});

test("a threshold says from which size on records are compressed", async () => {
  const sizes: number[] = [];
  for (const thresholdBytes of [0, 1_000_000]) {
    const backend = degraded({ capabilities: profile("batch-shared-strong").capabilities });
    const state = await StateManager.open({
      storage: backend.adapter(),
      persistence: { compression: { thresholdBytes } },
    });
    await state.setWithHooks(agent("a"), "long", long);
    await state.close();
    sizes.push([...backend.contents().values()].reduce((sum, bytes) => sum + bytes.length, 0));
  }
  expect(sizes[0]).toBeLessThan((sizes[1] ?? 0) / 2);
  const wrong = { persistence: { compression: { thresholdBytes: -1 } } };
  await expect(StateManager.open(wrong)).rejects.toMatchObject({ code: "invalid" });
});

test("a compressed record that does not unpack is corrupt, named, and left alone", async () => {
  const backend = degraded({ capabilities: profile("batch-shared-strong").capabilities });
  const storage = backend.adapter();
  const state = await StateManager.open({ storage, persistence: { compression: true } });
  await state.setWithHooks(agent("a"), "large", long.text.repeat(20));
  await state.close();
  const [key, bytes] = [...backend.contents()].find(([name]) => name.startsWith("v/")) ?? [];
  if (key === undefined || bytes === undefined) throw new TypeError("no large value was stored");
  const broken = bytes.slice();
  broken.fill(0xff, 20, 60);
  backend.poke(key, broken);
  const again = await StateManager.open({ storage });
  await expect(again.agent("a")).rejects.toMatchObject({ code: "corrupt", facts: { key } });
  expect(backend.contents().get(key)).toEqual(broken);
  await again.close();
});
