import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { durableObject } from "../../adapters/durable-object/index.ts";
import { agent, StateManager } from "../../src/index.ts";
import { inObject, objectNamed } from "./objects.ts";

describe.each(["SQL", "KV"] as const)("in an object with %s", (backend) => {
  it.each(["evicted", "aborted"] as const)(
    "is there after the object was %s between any two requests",
    async (how) => {
      const name = crypto.randomUUID();
      const requests = how === "evicted" ? 4 : 12;
      const revisions: string[] = [];
      for (let n = 1; n <= requests; n++) {
        await inObject(
          backend,
          async (storage) => {
            const state = await StateManager.open({
              storage: durableObject(storage),
              persistence: { checkpointEvery: 3 },
            });
            const worker = await state.agent("worker");
            expect(worker.get("n") ?? 0).toBe(n - 1);
            expect(worker.get("pad")).toBe(n === 1 ? undefined : "x".repeat((n - 1) * 15_000));
            const result = await state.batch((tx) => {
              tx.set(agent("worker"), "n", n);
              tx.set(agent("worker"), "pad", "x".repeat(n * 15_000));
            });
            if (result.status === "committed") revisions.push(result.revision);
            // Neither closed nor flushed: nobody asks an isolate before it goes.
          },
          name,
        );
        if (how === "evicted") await evictDurableObject(objectNamed(backend, name));
        else await abortAllDurableObjects();
      }
      expect(revisions).toHaveLength(requests);
      await inObject(
        backend,
        async (storage) => {
          const state = await StateManager.open({ storage: durableObject(storage) });
          const told: unknown[] = [];
          for await (const { data } of state.events.since("0".repeat(26))) {
            const change = data as { key: string; newValue: unknown };
            if (change.key === "n") told.push(change.newValue);
            if (told.length === requests) break;
          }
          expect(told).toEqual(Array.from({ length: requests }, (_, i) => i + 1));
          await state.close();
        },
        name,
      );
    },
  );

  it("orders by the journal where the clock stands still", () =>
    inObject(backend, async (storage) => {
      const clock = { now: () => 1_700_000_000_000, elapsed: () => 0 };
      const open = () =>
        StateManager.open({
          storage: durableObject(storage),
          ports: { clock },
          persistence: { checkpointEvery: 40 },
        });
      const [a, b] = [await open(), await open()];
      const revisions: string[] = [];
      for (let n = 1; n <= 100; n++) {
        const result = await (n % 3 === 0 ? a : b).update(
          "n",
          (was) => (typeof was === "number" ? was : 0) + 1,
        );
        if (result.status === "committed") revisions.push(result.revision);
      }
      expect(revisions).toEqual([...new Set(revisions)].sort());
      expect(revisions).toHaveLength(100);
      await Promise.all(Array.from({ length: 50 }, (_, n) => a.set("last", n)));
      expect(a.get("last")).toBe(49);
      const c = await open();
      expect([c.get("n"), c.get("last")]).toEqual([100, 49]);
      await c.set("after", true);
      await Promise.all([a, b, c].map((state) => state.close()));
      expect((await open()).get("after")).toBe(true);
    }));

  it("can be opened where objects are opened: in blockConcurrencyWhile", () =>
    inObject(backend, async (storage, object) => {
      const state = await object.blockConcurrencyWhile(async () => {
        const opened = await StateManager.open({ storage: durableObject(storage) });
        await opened.set("a", 1);
        return opened;
      });
      expect(state.get("a")).toBe(1);
      await state.set("b", 2);
      await state.close();
    }));
});
