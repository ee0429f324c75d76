/**
 * A program as a user writes one, to be bundled and run by plain workerd, without Node's modules. Each object notes the
 * numbers it is asked to, in two scopes that must never disagree, and tells what its journal holds.
 */
import { DurableObject } from "cloudflare:workers";
import { durableObject } from "../../adapters/durable-object/index.ts";
import { agent, custom, StateManager } from "../../src/index.ts";

interface Note {
  readonly n: number;
  readonly pad: string;
}

class Notebook extends DurableObject {
  readonly #state: Promise<StateManager>;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#state = ctx.blockConcurrencyWhile(() =>
      StateManager.open({ storage: durableObject(ctx.storage), persistence: { checkpointEvery: 40 } }),
    );
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const state = await this.#state;
    if (pathname === "/report") return Response.json(await report(state));
    const n = Number(searchParams.get("n"));
    const note: Note = { n, pad: "x".repeat(n % 17 === 0 ? 150_000 : n % 300) };
    const result = await state.batch((tx) => {
      tx.set(agent("notes"), `k${n}`, note);
      tx.set(custom("mirror"), `k${n}`, n);
    });
    return Response.json(result.status);
  }
}

/** Tells by the entries and by the journal. The journal's end is found by a change of its own. */
async function report(state: StateManager): Promise<unknown> {
  const notes = await state.agent("notes");
  const mirror = await state.scope(custom("mirror"));
  const entries = notes.entries().map(([key, value]) => {
    const { n, pad } = value as unknown as Note; // as `fetch` wrote it
    return {
      n,
      isWhole: key === `k${n}` && mirror.get(key) === n && pad.length === (n % 17 === 0 ? 150_000 : n % 300),
    };
  });
  const end = crypto.randomUUID();
  await state.set("end", end);
  const told: number[] = [];
  for await (const { data } of state.events.since("0".repeat(26))) {
    const { scope, newValue } = data as { scope: string; newValue: unknown };
    if (scope === "agent:notes") told.push((newValue as Note).n);
    if (newValue === end) break;
  }
  return { entries, mirrored: mirror.keys().length, told };
}

export class SqlNotebook extends Notebook {}
export class KeyValueNotebook extends Notebook {}

export default {
  fetch(request: Request, env: Cloudflare.Env): Promise<Response> {
    const objects = new URL(request.url).searchParams.get("backend") === "KV" ? env.KV : env.SQL;
    return objects.get(objects.idFromName("notebook")).fetch(request);
  },
};
