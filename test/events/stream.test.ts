import { describe, expect, it } from "vitest";
import type { UniversalEvent } from "../../src/events/event.ts";
import { busWorld, CORRELATION, change, revision, settleMicrotasks } from "./world.ts";

const numberOf = (event: UniversalEvent): unknown =>
  typeof event.data === "object" && event.data !== null && "number" in event.data
    ? event.data.number
    : event.type;

describe("a stream of events", () => {
  it("begins when it is made, not when it is read", async () => {
    const { bus } = busWorld();
    bus.publish(change(1));
    const stream = bus.subscribe("state.*");
    bus.publish(change(2));
    bus.publish(change(3));
    const seen: unknown[] = [];
    for await (const event of stream) {
      seen.push(numberOf(event));
      if (seen.length === 2) bus.publish(change(4));
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([2, 3, 4]);
    expect(bus.hasListeners("state.changed")).toBe(false);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("gives events in order to calls of next that wait, and to those that come later", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("*");
    const calls = [stream.next(), stream.next()];
    bus.publish(change(1));
    calls.push(stream.next());
    bus.publish(change(2));
    calls.push(stream.next());
    bus.publish(change(3));
    bus.publish(change(4));
    calls.push(stream.next());
    bus.publish(change(5));
    const results = await Promise.all(calls);
    expect(results.map((result) => result.value && numberOf(result.value))).toEqual([1, 2, 3, 4, 5]);
  });

  it("gives all that wait as one batch", async () => {
    const { bus } = busWorld();
    const batches = bus.subscribe("*").batches();
    const sizes: number[] = [];
    const reading = (async () => {
      for await (const batch of batches) {
        sizes.push(batch.length);
        if (sizes.length === 2) break;
      }
    })();
    await settleMicrotasks();
    for (let i = 0; i < 100; i++) bus.publish(change(i));
    await settleMicrotasks();
    bus.publish(change(101));
    await reading;
    expect(sizes).toEqual([100, 1]);
    expect(bus.hasListeners("state.changed")).toBe(false);
  });

  it("ends readers that wait, by return, by the signal, and after what waits by closing the bus", async () => {
    const { bus } = busWorld();
    const stop = new AbortController();
    const [left, aborted, closed] = [
      bus.subscribe("*"),
      bus.subscribe("*", { signal: stop.signal }),
      bus.subscribe("*"),
    ];
    const waiting = [left.next(), aborted.next()];
    await left.return();
    stop.abort();
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    bus.publish(change(1));
    bus.close();
    const seen: unknown[] = [];
    for await (const event of closed) seen.push(numberOf(event));
    expect(seen).toEqual([1]);
  });

  it("never begins with a signal that has aborted", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("*", { signal: AbortSignal.abort() });
    expect(bus.hasListeners("state.changed")).toBe(false);
    expect((await stream.next()).done).toBe(true);
  });

  it.each([{ capacity: 0 }, { capacity: 1.5 }, { capacity: Number.POSITIVE_INFINITY }])(
    "refuses %o, and leaves nothing behind",
    (options) => {
      const { bus } = busWorld();
      expect(() => bus.subscribe("*", options)).toThrow(expect.objectContaining({ code: "invalid" }));
      expect(bus.hasListeners("state.changed")).toBe(false);
    },
  );
});

describe("a reader that is too slow", () => {
  it("is told what it missed where it missed it, and goes on", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("state.*", { capacity: 3 });
    for (let i = 1; i <= 10; i++) bus.publish(change(i));
    const read = async () => {
      const { value } = await stream.next();
      if (value === undefined) throw new TypeError("the stream ended");
      return value;
    };
    expect([numberOf(await read()), numberOf(await read())]).toEqual([1, 2]);
    bus.publish(change(11)); // there is room again, but the gap is not told yet
    expect(numberOf(await read())).toBe(3);
    const told = await read();
    expect(told).toMatchObject({
      type: "resync",
      data: { missed: 8, after: `${revision(3)}.0`, from: revision(4), to: revision(11) },
      correlation: CORRELATION,
      sequence: 11,
    });
    bus.publish(change(12));
    const next = await read();
    expect(numberOf(next)).toBe(12);
    expect(next.sequence).toBeGreaterThan(told.sequence);
  });

  it("is told in batches as well, and by what is attached", async () => {
    const { bus } = busWorld();
    const queue = bus.attach("*", { capacity: 2 });
    for (let i = 1; i <= 5; i++) bus.publish(change(i));
    expect((await queue.take()).map(numberOf)).toEqual([1, 2, "resync"]);
    for (let i = 6; i <= 9; i++) bus.publish(change(i));
    const [, , resync] = await queue.take();
    expect(resync).toMatchObject({
      data: { missed: 2, after: `${revision(7)}.0`, from: revision(8), to: revision(9) },
    });
    queue.close();
    expect(await queue.take()).toEqual([]);
  });

  it("learns of a gap even if nothing follows, and when the bus closes", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("*", { capacity: 1 });
    bus.publish(change(1));
    bus.publish(change(2));
    bus.close();
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual(["state.changed", "resync"]);
  });

  it("is ended with an error where it asked for that, after what waits", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("*", { capacity: 2, overflow: "error" });
    for (let i = 1; i <= 3; i++) bus.publish(change(i));
    expect(bus.hasListeners("state.changed")).toBe(false);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of stream) seen.push(numberOf(event));
    })();
    await expect(reading).rejects.toMatchObject({ code: "unavailable" });
    expect(seen).toEqual([1, 2]);
    expect((await stream.next()).done).toBe(true);
  });

  it("that always lags a little loses nothing and keeps the order", async () => {
    const { bus } = busWorld();
    const stream = bus.subscribe("*", { capacity: 3000 });
    let published = 0;
    for (; published < 2500; published++) bus.publish(change(published));
    for (let read = 0; read < 10_000; read++) {
      const { value } = await stream.next();
      if (value === undefined || numberOf(value) !== read) expect.fail(`event ${read} is not in its place`);
      bus.publish(change(published++));
    }
  });

  it("does not make the writer wait, nor others miss anything", async () => {
    const { bus } = busWorld();
    bus.subscribe("*", { capacity: 1 });
    const healthy = bus.subscribe("*");
    for (let i = 0; i < 1000; i++) bus.publish(change(i));
    const [batch] = [await healthy.batches().next()];
    expect(batch?.value?.length).toBe(1000);
  });
});
