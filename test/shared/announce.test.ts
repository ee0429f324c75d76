import { expect, test, vi } from "vitest";
import { announcer } from "../../adapters/shared/announce.ts";

function pair() {
  const name = crypto.randomUUID();
  const [one, other] = [announcer(name), announcer(name)];
  if (one === undefined || other === undefined) throw new TypeError("Node has BroadcastChannel");
  return { name, one, other, end: () => [one, other].forEach((each) => void each.close()) };
}

/** Counts the messages that tell of commits; who listens by an announcer looks again after them. */
function counting(name: string) {
  const channel = new BroadcastChannel(name);
  const news = { count: 0, end: () => channel.close() };
  channel.onmessage = ({ data }) => {
    if (data === null) news.count++;
  };
  return news;
}

test("a change is told to the others, a plea is not taken for one", async () => {
  const { one, other, end } = pair();
  const heard = { one: 0, other: 0 };
  one.listen(() => heard.one++);
  other.listen(() => heard.other++);
  one.plead(60_000);
  one.tell();
  await vi.waitFor(() => expect(heard.other).toBeGreaterThan(0));
  expect(heard.one).toBe(0);
  end();
});

test("a plea holds the others until the one that pleaded has told of its commit", async () => {
  const { one, other, end } = pair();
  one.plead(60_000);
  await vi.waitFor(() => expect(other.held).toBeDefined());
  expect(one.held).toBeUndefined();
  const { held } = other;
  one.tell();
  await held;
  expect(other.held).toBeUndefined();
  end();
});

test("a plea of one that is gone ends by itself, and closing ends it too", async () => {
  const { one, other, end } = pair();
  one.plead(200);
  await vi.waitFor(() => expect(other.held).toBeDefined(), { interval: 1 });
  await other.held;
  one.plead(60_000);
  await vi.waitFor(() => expect(other.held).toBeDefined());
  const { held } = other;
  end();
  await held;
});

test("who pleads is not held by an earlier plea", async () => {
  const { one, other, end } = pair();
  one.plead(60_000);
  await vi.waitFor(() => expect(other.held).toBeDefined());
  const { held } = other;
  other.plead(60_000);
  await held;
  expect(other.held).toBeUndefined();
  end();
});

test("of commits that follow each other closely the first is told at once, and the rest together", async () => {
  const { name, one, end } = pair();
  const news = counting(name);
  const now = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  for (let i = 0; i < 50; i++) one.tell();
  now.mockRestore();
  await vi.waitFor(() => expect(news.count).toBe(2));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(news.count).toBe(2);
  news.end();
  end();
});

test("what is still to be told is told at once if others wait for it, and before closing", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { name, one, other } = pair();
  const news = counting(name);
  const turns = async () => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  one.tell();
  one.plead(60_000);
  one.tell();
  await turns();
  expect([news.count, other.held]).toEqual([2, undefined]);
  one.tell();
  await turns();
  expect(news.count).toBe(2);
  one.close();
  await turns();
  expect(news.count).toBe(3);
  expect(vi.getTimerCount()).toBe(0);
  news.end();
  other.close();
  vi.useRealTimers();
});
