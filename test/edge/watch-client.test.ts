import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WatchMessage } from "../../src/edge/watch.ts";
import { watchOver } from "../../src/edge/watch-client.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class FakeSocket extends EventTarget {
  accept(): void {}
  close(): void {
    this.dispatchEvent(new Event("close"));
  }
  tell(message: WatchMessage): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ value: message }) }));
  }
}

/** An object that answers each attempt with the next of these. */
function stubOf(...answers: readonly (FakeSocket | Response | Error)[]) {
  const asked: string[] = [];
  const fetch = async (url: string | Request): Promise<Response> => {
    asked.push(String(url));
    const answer = answers[asked.length - 1];
    if (answer instanceof FakeSocket) return { webSocket: answer } as unknown as Response;
    if (answer instanceof Response) return answer;
    throw answer ?? new TypeError("asked too often");
  };
  return { asked, fetch };
}

const change = (id: string): WatchMessage => ({ type: "state.changed", id });
const refusal = (status: number, code: string) =>
  Response.json({ error: { code, message: code } }, { status });

test("a listener that throws is told to onError, and hears the next message", async () => {
  const socket = new FakeSocket();
  const [heard, errors]: [string[], unknown[]] = [[], []];
  const listener = ({ id }: WatchMessage) => {
    heard.push(id);
    if (id === "1") throw new RangeError("mine");
  };
  const watch = watchOver(stubOf(socket), { listener, onError: (error) => errors.push(error) });
  await watch.ready;
  socket.tell(change("1"));
  socket.tell(change("2"));
  expect([heard, errors]).toEqual([["1", "2"], [new RangeError("mine")]]);
  watch.stop();
});

test("a first connection that fails in passing is tried again, whoever awaits ready", async () => {
  const socket = new FakeSocket();
  const stub = stubOf(new Error("network"), refusal(503, "unavailable"), socket);
  const errors: unknown[] = [];
  const heard: string[] = [];
  const watch = watchOver(stub, { listener: ({ id }) => heard.push(id), onError: (e) => errors.push(e) });
  await expect(watch.ready).rejects.toThrow("network");
  await vi.advanceTimersByTimeAsync(1_000);
  expect([stub.asked.length, errors.length]).toEqual([3, 2]);
  socket.tell(change("1"));
  expect(heard).toEqual(["1"]);
  watch.stop();
});

test("what the object refuses is not asked again", async () => {
  const stub = stubOf(refusal(403, "forbidden"));
  const errors: unknown[] = [];
  const watch = watchOver(stub, { listener: () => {}, onError: (error) => errors.push(error) });
  await expect(watch.ready).rejects.toMatchObject({ code: "forbidden" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect([stub.asked.length, errors.length]).toEqual([1, 1]);
});

test("a lost connection goes on after the last message", async () => {
  const [first, second] = [new FakeSocket(), new FakeSocket()];
  const stub = stubOf(first, second);
  const watch = watchOver(stub, { listener: () => {}, scope: "agent:a" });
  await watch.ready;
  first.tell(change("7"));
  first.close();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(new URL(stub.asked[1] ?? "").searchParams.get("since")).toBe("7");
  watch.stop();
});
