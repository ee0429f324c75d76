/** A state object as a program has one: a hook that vetoes, a rule that refuses, copies in KV. */

import { type Access, StateObject } from "../../src/edge.ts";
import { cancel, proceed, type StateManager } from "../../src/index.ts";

export class Agents extends StateObject<Cloudflare.Env> {
  readonly askedFirst: string[] = ["fields"];

  protected override options(): { readonly persistence: { readonly checkpointEvery: number } } {
    // Without its fields the object would not know that it was asked.
    (this.askedFirst as string[] | undefined)?.push("options");
    return { persistence: { checkpointEvery: 1_000 } };
  }

  protected override configure(state: StateManager): void {
    this.askedFirst.push("configure");
    state.hooks.on("before_state_change", { id: "no-secrets", replayable: true }, ({ value }) =>
      value === "secret" ? cancel("a secret") : proceed(),
    );
  }

  /** Sockets that are not keepstate's. */
  override fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== "/own") return super.fetch(request);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, ["own"]);
    server.serializeAttachment("own");
    return Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  /** Ends the wait of requests whose actor, or authorization, is "held"; with false they are refused. */
  decide: (isAllowed: boolean) => void = () => {};
  readonly #decided = new Promise<boolean>((resolve) => {
    this.decide = resolve;
  });

  protected override authorize({ http, actor }: Access): boolean | Promise<boolean> {
    const authorization = http?.headers.get("authorization");
    return actor === "held" || authorization === "held" ? this.#decided : authorization !== "nobody";
  }

  protected override mirror(): KVNamespace {
    return this.env.COPIES;
  }

  protected override maxBodyBytes(): number {
    return 100_000;
  }
}
