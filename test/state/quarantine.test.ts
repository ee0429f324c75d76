import { expect, test } from "vitest";
import { agent } from "../../src/index.ts";
import { degraded, profile } from "../../src/testing.ts";
import { open } from "./world.ts";

/** Flips a byte in the middle of every record whose key fits. */
function damage(backend: ReturnType<typeof degraded>, fits: (key: string) => boolean): number {
  let damaged = 0;
  for (const [key, bytes] of backend.contents()) {
    if (!fits(key)) continue;
    const copy = bytes.slice();
    copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 0x55;
    backend.poke(key, copy);
    damaged++;
  }
  return damaged;
}

test("an unreadable record is told as corrupt, never taken for absent, and left where it is (T23, G8)", async () => {
  const backend = degraded({ capabilities: profile("strong").capabilities });
  const state = await open({ storage: backend.adapter() });
  for (const id of ["a", "b"]) await state.setWithHooks(agent(id), "k", id.repeat(50));
  await state.checkpoint();
  await state.close();
  expect(damage(backend, (key) => /^(b|s)\//.test(key))).toBeGreaterThan(0);
  const before = backend.contents();
  const again = await open({ storage: backend.adapter() }).catch((error: unknown) => error);
  if (again instanceof Error) expect(again).toMatchObject({ code: "corrupt" });
  else {
    const opened = again as typeof state;
    await expect(opened.agent("a")).rejects.toMatchObject({ code: "corrupt" });
    await expect(opened.read(agent("b"), "k")).rejects.toMatchObject({ code: "corrupt" });
    await opened.close();
  }
  expect(backend.contents()).toEqual(before);
});

test("a page that cannot be read closes its scopes, and the others work", async () => {
  const backend = degraded({ capabilities: profile("strong").capabilities });
  const state = await open({ storage: backend.adapter() });
  await state.setWithHooks(agent("fine"), "k", 1);
  const known = new Set(backend.contents().keys());
  await state.setWithHooks(agent("bad"), "k", "y".repeat(100));
  const fresh = [...backend.contents().keys()].filter((key) => key.startsWith("j/") && !known.has(key));
  await state.setWithHooks(agent("fine"), "k", 2);
  backend.crash();
  expect(damage(backend, (key) => fresh.includes(key as never))).toBe(1);
  const again = await open({ storage: backend.adapter() });
  expect((await again.agent("fine")).get("k")).toBe(2);
  await expect(again.agent("bad")).rejects.toMatchObject({ code: "corrupt", facts: { scope: "agent:bad" } });
  await expect(again.read(agent("bad"), "k")).rejects.toMatchObject({ code: "corrupt" });
  await expect(again.setWithHooks(agent("bad"), "k", "new")).rejects.toMatchObject({ code: "corrupt" });
  expect(await again.setWithHooks(agent("fine"), "k", 3)).toMatchObject({ status: "committed" });
  expect(await again.checkpoint()).toBe(false);
  await again.close();
});

test("a damaged global scope answers nothing, and the others are there", async () => {
  const backend = degraded({ capabilities: profile("strong").capabilities });
  const state = await open({ storage: backend.adapter() });
  await state.set("g", 1);
  const [first] = [...backend.contents().keys()].filter((key) => key.startsWith("j/"));
  await state.setWithHooks(agent("fine"), "k", 1);
  backend.crash();
  expect(damage(backend, (key) => key === first)).toBe(1);
  const again = await open({ storage: backend.adapter() });
  expect(() => again.get("g")).toThrow(expect.objectContaining({ code: "corrupt" }));
  await expect(again.set("g", 2)).rejects.toMatchObject({ code: "corrupt" });
  expect((await again.agent("fine")).get("k")).toBe(1);
  await again.close();
});
