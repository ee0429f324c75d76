/** A state object as a program has one: a hook that vetoes, a rule that refuses, copies in KV. */

import { type Access, StateObject } from "../../src/edge.ts";
import { cancel, proceed, type StateManager } from "../../src/index.ts";

export class Agents extends StateObject<Cloudflare.Env> {
  protected override configure(state: StateManager): void {
    state.hooks.on("before_state_change", { id: "no-secrets", replayable: true }, ({ value }) =>
      value === "secret" ? cancel("a secret") : proceed(),
    );
  }

  protected override authorize({ http }: Access): boolean {
    return http === undefined || http.headers.get("authorization") !== "nobody";
  }

  protected override mirror(): KVNamespace {
    return this.env.COPIES;
  }

  protected override maxBodyBytes(): number {
    return 100_000;
  }
}
