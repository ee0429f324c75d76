import { agent, type StateManager, type TimelineEntry } from "keepstate";
import { type Access, StateObject } from "keepstate/edge";
import { entriesOf, keyOf, type Memory, type Write } from "../mind/memory.ts";
import { reply } from "../mind/reply.ts";
import { NO_SECRETS, noSecrets } from "./no-secrets.ts";

/** What came of a message. */
export interface Said {
  readonly reply: string;
  /** Joins all that the message led to; the timeline is asked for by it. */
  readonly correlationId: string;
  readonly veto?: { readonly by: string; readonly reason: string };
}

/** What happened, and what it belongs to. */
export type Told = TimelineEntry & { readonly correlationId: string };

/** One exchange, as it is remembered. */
interface Exchange {
  readonly you: string;
  readonly agent: string;
  readonly correlationId: string;
  readonly vetoed?: boolean;
}

/** What stands in the place of a text that was not to be kept. */
const NOT_KEPT = "(not kept)";

/** One agent: its memory is the store's, its mind the functions in ../mind. */
export class AgentObject extends StateObject {
  #turn: Promise<unknown> = Promise.resolve();

  protected override configure(state: StateManager): void {
    state.hooks.on("before_state_change", { id: NO_SECRETS, replayable: true, scopes: ["agent"] }, noSecrets);
  }

  /** Over HTTP come only the page's watches, passed on by the Worker. */
  protected override authorize({ http, kind }: Access): boolean {
    return http === undefined || kind === "watch";
  }

  /** Answers a message, one after the other. */
  say(id: string, text: string, correlationId: string): Promise<Said> {
    const said = this.#turn.then(() => this.#answer(id, text, correlationId));
    this.#turn = Promise.allSettled([said]);
    return said;
  }

  /** What a message changes is one commit with the exchange itself: all of it is remembered, or nothing. */
  async #answer(id: string, text: string, correlationId: string): Promise<Said> {
    const state = (await this.store()).with({ correlationId, actor: "visitor" });
    using memory = await state.agent(id);
    const { text: said, writes } = reply(text, memory);
    const exchange: Exchange = { you: text, agent: said, correlationId };
    // The exchange first: it has the whole text, so a veto names its key, never one that was made of a secret.
    const first: Write = { key: keyOf("messages", countOf(memory)), value: exchange };
    const result = await commit(state, id, [first, ...writes]);
    if (result.status !== "cancelled") return { reply: said, correlationId };

    const { by, reason } = result;
    const refusal = `I did not keep that: ${reason}. The hook ${by} vetoed the whole commit.`;
    const kept: Exchange = { you: NOT_KEPT, agent: refusal, correlationId, vetoed: true };
    await commit(state, id, [{ key: keyOf("messages", countOf(memory)), value: kept }]);
    return { reply: refusal, correlationId, veto: { by, reason } };
  }

  /** What happened under these correlation ids: changes, vetoes, and the hooks that decided. */
  async timelineOf(correlationIds: readonly string[]): Promise<Told[]> {
    const state = await this.store();
    const timelines = await Promise.all(correlationIds.map((id) => state.timeline(id)));
    return timelines.flatMap(({ correlationId, events }) =>
      events.map((event) => ({ ...event, correlationId })),
    );
  }

  /** The timeline of the last exchanges. */
  async recent(id: string, limit: number): Promise<Told[]> {
    using memory = await (await this.store()).agent(id);
    const exchanges = entriesOf<Exchange>(memory, "messages").slice(-limit);
    return this.timelineOf(exchanges.map(([, { correlationId }]) => correlationId));
  }
}

function countOf(memory: Memory): number {
  return entriesOf(memory, "messages").length + 1;
}

function commit(state: StateManager, id: string, writes: readonly Write[]) {
  return state.batch((tx) => {
    for (const { key, value } of writes)
      value === undefined ? tx.delete(agent(id), key) : tx.set(agent(id), key, value);
  });
}
