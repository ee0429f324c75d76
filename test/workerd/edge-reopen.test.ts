/** What becomes of an object that stays busy when nobody can say whether a commit landed. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { edgeReader, stateClient } from "../../src/edge.ts";
import { agent } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));

/** The storage fails at the next commit, which lands or not, and at everything after it; the result mends it. */
async function breakStorage(stub: ReturnType<typeof named>, lands: boolean): Promise<() => Promise<void>> {
  await runInDurableObject(stub, (_, { storage }) => {
    const commit = storage.transactionSync.bind(storage);
    const fail = () => {
      throw new Error("the storage is gone");
    };
    vi.spyOn(storage, "transactionSync").mockImplementation((closure) => {
      if (!vi.isMockFunction(storage.sql.exec)) {
        if (lands) commit(closure);
        vi.spyOn(storage.sql, "exec").mockImplementation(fail);
      }
      return fail();
    });
  });
  return () =>
    runInDurableObject(stub, (_, { storage }) => {
      vi.mocked(storage.transactionSync).mockRestore();
      vi.mocked(storage.sql.exec).mockRestore();
    });
}

test.each([
  ["had landed", true, [1, "unknown", 2]],
  ["had not landed", false, [1, 2]],
])(
  "after a commit that %s, unknown to all, the next request finds the store open again",
  async (_, lands, told) => {
    const stub = named();
    const memory = stateClient(stub).scope(agent("a"));
    const heard: unknown[] = [];
    const watch = memory.watch(({ value }) => heard.push(value));
    await watch.ready;
    await memory.set("k", 1);
    const mend = await breakStorage(stub, lands);
    await expect(memory.set("k", "unknown")).rejects.toMatchObject({ code: "unknown_outcome" });
    await expect(memory.set("k", "refused")).rejects.toMatchObject({ code: "unavailable" });
    await mend();

    expect(await memory.get("k")).toBe(lands ? "unknown" : 1);
    const written = await memory.set("k", 2);
    expect(written).toMatchObject({ status: "committed" });
    await vi.waitFor(() => expect(heard).toEqual(told), 5_000);
    watch.stop();

    const atLeast = written.status === "committed" ? written.revision : "";
    await vi.waitFor(async () => {
      const read = await edgeReader(env.COPIES, stub).read(agent("a"), "k", { maxAgeMs: 60_000, atLeast });
      expect(read).toMatchObject({ value: 2, from: "copy" });
    }, 5_000);
  },
);

test("what was asked for before, and is allowed only after the store was opened again, goes to the new opening", async () => {
  const stub = named();
  const state = stateClient(stub);
  await state.set("k", 0);
  const late = state.scope(agent("late")).set("k", "late", { actor: "held" });
  const headers = { upgrade: "websocket", authorization: "held" };
  const watching = stub.fetch("https://object/watch", { headers });
  const mend = await breakStorage(stub, false);
  await expect(state.set("k", 1)).rejects.toMatchObject({ code: "unknown_outcome" });
  await mend();
  await state.set("k", 2);
  await runInDurableObject(stub, (agents) => agents.decide(true));

  expect(await late).toMatchObject({ status: "committed" });
  const heard: unknown[] = [];
  const { webSocket } = await watching;
  webSocket?.addEventListener("message", ({ data }) => heard.push(JSON.parse(String(data)).value.value));
  webSocket?.accept();
  await state.set("k", 3);
  // The greeting has no value.
  await vi.waitFor(() => expect(heard).toEqual([undefined, 2, "late", 3]), 5_000);
  webSocket?.close();
});
