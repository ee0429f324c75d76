import { expect, test, vi } from "vitest";
import { announcer } from "../../adapters/shared/announce.ts";

function pair() {
  const name = crypto.randomUUID();
  const [one, other] = [announcer(name), announcer(name)];
  if (one === undefined || other === undefined) throw new TypeError("Node has BroadcastChannel");
  return { one, other, end: () => [one, other].forEach((each) => void each.close()) };
}

test("a change is told to the others, a plea is not taken for one", async () => {
  const { one, other, end } = pair();
  const heard = { one: 0, other: 0 };
  one.listen(() => heard.one++);
  other.listen(() => heard.other++);
  one.plead(60_000);
  one.tell();
  await vi.waitFor(() => expect(heard.other).toBe(1));
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
