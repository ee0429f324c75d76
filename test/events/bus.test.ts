import { describe, expect, it } from "vitest";
import { eventBus } from "../../src/events/bus.ts";
import type { UniversalEvent } from "../../src/events/event.ts";
import { busWorld, CORRELATION, change, input, revision, settleMicrotasks } from "./world.ts";

describe("an event", () => {
  it("has all that the requirements name, and is frozen", () => {
    const { bus } = busWorld();
    const events: UniversalEvent[] = [];
    bus.on("*", (event) => events.push(event));
    bus.publish({
      ...change(7),
      index: 2,
      metadata: { origin: "remote", stateChangeType: "persistent", tags: ["t"] },
      time: 99,
    });
    bus.publish(input("custom.word"));
    expect(events).toEqual([
      {
        id: `${revision(7)}.2`,
        type: "state.changed",
        data: { number: 7 },
        time: 99,
        sequence: 1,
        revision: revision(7),
        correlation: CORRELATION,
        metadata: { origin: "remote", stateChangeType: "persistent", tags: ["t"] },
        schemaVersion: 1,
      },
      {
        id: "id-1",
        type: "custom.word",
        data: {},
        time: 5000,
        sequence: 2,
        correlation: CORRELATION,
        metadata: { origin: "local" },
        schemaVersion: 1,
      },
    ]);
    expect(events.every((event) => Object.isFrozen(event) && Object.isFrozen(event.data))).toBe(true);
  });

  it("is typed by the pattern that names its type", () => {
    const { bus } = busWorld();
    const seen: unknown[] = [];
    bus.on("state.changed", (event) => seen.push(event.data.key satisfies string));
    bus.on("state.*", (event) => seen.push(event.type));
    bus.publish({ ...change(1), data: { key: "k" } });
    expect(seen).toEqual(["k", "state.changed"]);
  });
});

describe("handlers", () => {
  it("are called at once, each in the order of publishing, also for events that handlers publish", () => {
    const { bus, publish } = busWorld();
    const first: string[] = [];
    const second: string[] = [];
    bus.on("*", (event) => {
      first.push(event.type);
      if (event.type === "a") {
        publish("b");
        publish("c");
      }
      if (event.type === "b") publish("d");
    });
    bus.on("*", (event) => second.push(event.type));
    publish("a");
    expect(first).toEqual(["a", "b", "c", "d"]);
    expect(second).toEqual(first);
  });

  it("do not hear of what was published before they came or after they left", () => {
    const { bus, publish } = busWorld();
    const heard: string[] = [];
    publish("early");
    const offSecond: (() => void)[] = [];
    const off = bus.on("*", (event) => {
      heard.push(`1 ${event.type}`);
      if (event.type !== "a") return;
      publish("b");
      for (const leave of offSecond) leave();
      bus.on("*", (late) => heard.push(`3 ${late.type}`));
    });
    offSecond.push(bus.on("*", (event) => heard.push(`2 ${event.type}`)));
    publish("a");
    off();
    off();
    publish("c");
    expect(heard).toEqual(["1 a", "1 b", "3 c"]);
  });

  it("that fail harm no other and no writer, and are reported", async () => {
    const { bus, logged } = busWorld();
    const heard: string[] = [];
    const failures: unknown[] = [];
    bus.on("state.changed", () => {
      throw new TypeError("thrown");
    });
    bus.on("state.*", async () => {
      throw new TypeError("rejected");
    });
    bus.on("state.changed", (event) => heard.push(event.type));
    bus.on("subscriber.failed", (event) => {
      const { pattern, eventType, eventId } = event.data;
      failures.push({ pattern, eventType, eventId, correlation: event.correlation });
    });
    bus.publish(change(1));
    await bus.settled();
    expect(heard).toEqual(["state.changed"]);
    const about = { eventType: "state.changed", eventId: `${revision(1)}.0`, correlation: CORRELATION };
    expect(failures).toEqual([
      { pattern: "state.changed", ...about },
      { pattern: "state.*", ...about },
    ]);
    expect(logged).toEqual([]);
  });

  it("that fail are loud when nobody listens, and when the listener fails too", () => {
    const { bus, publish, logged } = busWorld();
    bus.on("a", () => {
      throw new Error("one");
    });
    publish("a");
    expect(logged.length).toBe(1);
    bus.on("subscriber.failed", () => {
      throw new Error("two");
    });
    publish("a");
    expect(logged.length).toBe(2);
    expect(logged[1]?.message).toContain("subscriber.failed");
  });

  it("that fail on everything do not go on for ever", () => {
    const { bus, publish, logged } = busWorld();
    bus.on("*", () => {
      throw new Error("always");
    });
    publish("a");
    expect(logged.length).toBe(1);
  });

  it("of failures: other news of them goes to the logger when nobody listens", () => {
    const { bus, publish, logged } = busWorld();
    publish("flush.failed", { error: "disk" });
    publish("state.changed");
    expect(logged).toMatchObject([{ facts: { data: { error: "disk" }, correlationId: "c-1" } }]);
    bus.on("flush.*", () => {});
    publish("flush.failed");
    expect(logged.length).toBe(1);
  });

  it("harm nobody by a logger that fails", () => {
    const errors = console.error;
    const said: unknown[] = [];
    console.error = (...parts: unknown[]) => void said.push(parts);
    try {
      const bus = eventBus({
        clock: { now: () => 0, elapsed: () => 0 },
        logger: {
          warn: () => {},
          error: () => {
            throw new Error("disk full");
          },
        },
        id: () => "x",
      });
      const heard: string[] = [];
      bus.on("a", () => {
        throw new Error("one");
      });
      bus.on("a", () => heard.push("a"));
      bus.publish(input("a"));
      bus.publish(input("a"));
      expect(heard.length).toBe(2);
      expect(said.length).toBe(2);
    } finally {
      console.error = errors;
    }
  });

  it("are waited for by settled, until the last has ended", async () => {
    const { bus, publish } = busWorld();
    const ends: (() => void)[] = [];
    let isSettled = false;
    bus.on("*", () => new Promise<void>((resolve) => ends.push(resolve)));
    publish("a");
    publish("b");
    const settled = bus.settled().then(() => {
      isSettled = true;
    });
    ends[0]?.();
    await settleMicrotasks();
    publish("c");
    ends[1]?.();
    await settleMicrotasks();
    expect(isSettled).toBe(false);
    ends[2]?.();
    await settled;
    await bus.settled();
  });

  it("are not called after close; what fails then is still loud", () => {
    const { bus, publish, logged } = busWorld();
    const heard: string[] = [];
    bus.on("*", (event) => heard.push(event.type));
    bus.close();
    bus.close();
    publish("a");
    publish("flush.failed");
    expect(heard).toEqual([]);
    expect(logged.length).toBe(1);
    expect(() => bus.on("*", () => {})).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => bus.subscribe("*")).toThrow(expect.objectContaining({ code: "closed" }));
  });
});

describe("the hot path", () => {
  it("is told when nobody would hear", () => {
    const { bus } = busWorld();
    expect(bus.hasListeners("state.changed")).toBe(false);
    expect(bus.hasListeners("flush.failed")).toBe(true);
    const off = bus.on("state.*", () => {});
    expect(bus.hasListeners("state.changed")).toBe(true);
    expect(bus.hasListeners("other")).toBe(false);
    off();
    expect(bus.hasListeners("state.changed")).toBe(false);
    const stream = bus.subscribe("other");
    expect(bus.hasListeners("other")).toBe(true);
    void stream.return();
    expect(bus.hasListeners("other")).toBe(false);
  });

  it("has no limit on how many events are published, and forgets no subscriber over many types", () => {
    const { bus, publish } = busWorld();
    let heard = 0;
    bus.on("**", () => {
      heard += 1;
    });
    for (let i = 0; i < 5000; i++) publish(`type.${i}`);
    expect(heard).toBe(5000);
  });
});
