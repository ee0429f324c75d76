/** `authorize` is told what a request is about, not what it says besides. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Access, stateClient } from "../../src/edge.ts";
import { agent } from "../../src/index.ts";
import { createCodec } from "../../src/internal.ts";

test.each([
  ["batch", { changes: [{ scope: "agent:other", key: "k", value: "mine" }] }, {}],
  ["scopes", {}, {}],
  ["timeline", { correlationId: "of another" }, {}],
  ["list", {}, { scope: "agent:mine" }],
  ["get", {}, { scope: "agent:mine", key: "k" }],
])(
  "a request of kind %s that names a scope and a key is about what it is done to",
  async (kind, more, about) => {
    const stub = env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));
    await stateClient(stub).scope(agent("other")).set("k", "theirs");
    const asked: Pick<Access, "kind" | "scope" | "key">[] = [];
    await runInDurableObject(stub, (object) => {
      Object.defineProperty(object, "authorize", {
        value: ({ kind, scope, key }: Access) => {
          asked.push({ kind: kind, scope, key });
          return false;
        },
      });
    });
    await stub.keepstate(createCodec().encode({ kind, scope: "agent:mine", key: "k", ...more }, "request"));
    expect(asked).toEqual([{ kind, scope: undefined, key: undefined, ...about }]);
  },
);
