import type { Store } from "../../src/adapter.ts";
import type { StoreTraits } from "../../src/testing.ts";

/** A suite is worth what it catches: each store here has one fault, and names the case that must see it. */
export interface Broken {
  readonly fault: string;
  readonly caughtBy: string;
  readonly traits?: StoreTraits;
  readonly breaks: (sound: Store) => Partial<Store>;
}

/** Of the memory adapter, which all of them break. */
export const MEMORY: StoreTraits = { durability: "none", watch: true };
