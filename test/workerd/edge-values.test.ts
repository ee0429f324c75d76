/** What a store brings back comes back by each way out of the object. */
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { edgeReader, stateClient, type WatchMessage } from "../../src/edge.ts";
import { agent } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));
const address = "https://object/scopes/agent%3Aa/k";

const shared = { n: 1 };
const values: readonly (readonly [name: string, value: unknown])[] = [
  ["a name that superjson refuses", { constructor: "Ferrari", prototype: [1] }],
  ["the same beside a date", { constructor: "Ferrari", since: new Date(5) }],
  ["__proto__ as a name", JSON.parse('{"__proto__":{"x":1}}')],
  ["a URL", new URL("https://example.org/path")],
  ["bytes", new Uint8Array([1, 2, 255])],
  ["a buffer", new Uint8Array([1, 2]).buffer],
  ["a view", new DataView(new Uint8Array([3]).buffer)],
  ["an error with more than a message", Object.assign(new TypeError("no"), { code: 7 })],
  ["what JSON has no numbers for", [-0, Number.NaN, 5n, undefined]],
  ["names with dots", { "a.b": new Date(3), "c\\d": new Map([[{}, new Set([1])]]) }],
  ["one object twice", [shared, shared, new Date(1)]],
];

describe.each(values)("%s", (_, value) => {
  test("comes back over RPC, over HTTP, to a watcher and from the copy", async () => {
    const stub = named();
    const memory = stateClient(stub).scope(agent("a"));
    const heard: WatchMessage[] = [];
    const watch = memory.watch((message) => heard.push(message));
    await watch.ready;
    expect(await memory.set("k", value)).toMatchObject({ status: "committed" });
    expect(await memory.get("k")).toStrictEqual(value);

    await vi.waitFor(() => expect(heard).toHaveLength(1), 5_000);
    watch.stop();
    expect(heard[0]?.value).toStrictEqual(value);

    const response = await stub.fetch(address);
    expect(response.status).toBe(200);
    const { value: json, meta, encoded } = await response.json<Record<string, unknown>>();
    const other = named();
    const put = (body: object) => other.fetch(address, { method: "PUT", body: JSON.stringify(body) });
    // The answer is an entry; put back as a value it must say the same.
    expect((await put(encoded === undefined ? { value: json, meta } : { encoded })).status).toBe(200);
    expect(await stateClient(other).scope(agent("a")).get("k")).toStrictEqual(await memory.entry("k"));

    const reader = edgeReader(env.COPIES, stub);
    await vi.waitFor(async () => {
      const read = await reader.read(agent("a"), "k", { maxAgeMs: 60_000 });
      expect(read).toMatchObject({ from: "copy" });
      expect(read.value).toStrictEqual(value);
    }, 5_000);
  });
});

test("plain JSON goes over HTTP as it is", async () => {
  const stub = named();
  await stateClient(stub)
    .scope(agent("a"))
    .set("k", { constructor: [1, null] });
  const answer = await (await stub.fetch(address)).json();
  expect(answer).toEqual({ value: { value: { constructor: [1, null] }, revision: expect.any(String) } });
});
