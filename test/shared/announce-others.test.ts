/** Announcements among more than two, some of which end or ask at the same time. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Announcer, announcer } from "../../adapters/shared/announce.ts";

const open: Announcer[] = [];

function several(count: number, name: string = crypto.randomUUID()): Announcer[] {
  const all = Array.from({ length: count }, () => announcer(name)).filter((one) => one !== undefined);
  open.push(...all);
  return all;
}

/** Lets all messages arrive that are on their way. */
async function arrived() {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  vi.useRealTimers();
});

test("a plea is not ended by the news of somebody else, nor by older news of the one who pleaded", async () => {
  const [pleading, busy, held] = several(3) as [Announcer, Announcer, Announcer];
  for (const one of [pleading, busy]) for (let i = 0; i < 2; i++) one.tell();
  await arrived();
  pleading.plead(60_000);
  await arrived();
  vi.advanceTimersByTime(20);
  busy.tell();
  await arrived();
  expect([busy.held, held.held]).toEqual([expect.any(Promise), expect.any(Promise)]);
  pleading.tell();
  await arrived();
  expect([busy.held, held.held]).toEqual([undefined, undefined]);
});

test("of those who plead at the same time none waits for the others", async () => {
  const [one, other, third] = several(3) as [Announcer, Announcer, Announcer];
  one.plead(60_000);
  other.plead(60_000);
  await arrived();
  expect([one.held, other.held, third.held]).toEqual([undefined, undefined, expect.any(Promise)]);
  one.tell();
  other.tell();
  await arrived();
  expect(third.held).toBeUndefined();
  third.plead(60_000);
  await arrived();
  expect([one.held, other.held]).toEqual([expect.any(Promise), expect.any(Promise)]);
});

test("who was told looks again, in case the one who told has ended before it told the rest", async () => {
  const name = crypto.randomUUID();
  const [told] = several(1, name) as [Announcer];
  const looked = vi.fn();
  const stop = told.listen(looked);
  const ending = new BroadcastChannel(name);
  ending.postMessage(null);
  ending.close();
  await arrived();
  expect(looked).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect(looked).toHaveBeenCalledTimes(2);
  several(1, name)[0]?.tell();
  await arrived();
  stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(looked).toHaveBeenCalledTimes(3);
});

test("a plea ends with the one who pleaded", async () => {
  const [pleading, held] = several(2) as [Announcer, Announcer];
  pleading.plead(60_000);
  await arrived();
  expect(held.held).toBeDefined();
  pleading.close();
  pleading.close();
  await arrived();
  expect(held.held).toBeUndefined();
});

test("nobody looks again at what was closed meanwhile", async () => {
  const [one, other] = several(2) as [Announcer, Announcer];
  const looked = vi.fn();
  other.listen(looked);
  one.tell();
  await arrived();
  other.close();
  vi.advanceTimersByTime(60_000);
  expect(looked).toHaveBeenCalledTimes(1);
});
