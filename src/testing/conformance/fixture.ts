import type { Capabilities } from "../../store/capabilities.ts";
import type { StorageAdapter } from "../../store/store.ts";

/** A fresh, empty namespace of the backend under test, for one case. */
export interface StoreNamespace {
  readonly adapter: StorageAdapter;
  /** A way to the same data as from another program. Without it, writers meet through openings of `adapter`. */
  readonly another?: () => StorageAdapter;
  /** Eventual stores: resolves when all that was committed is visible. */
  readonly settle?: () => Promise<void>;
  /** Removes the namespace. All stores opened by the case are closed before. */
  dispose(): Promise<void>;
}

/**
 * What the adapter declares. It decides which cases run, and a case of its own checks that each field named here is
 * what an opened store says. What is left out is taken as the strongest: batch, shared, strong, no limits.
 */
export interface StoreTraits extends Partial<Capabilities> {
  /** Whether a second writer `opens`, or is refused as `locked` while the first is open. Default `opens`. */
  readonly secondWriter?: "opens" | "locked";
  /** Whether stores offer `watch`. Default false. */
  readonly watch?: boolean;
  /** Cases that cannot run here, by their name, each with the reason that is printed. */
  readonly skip?: Readonly<Record<string, string>>;
}

export interface StoreFixture {
  open(): Promise<StoreNamespace>;
  readonly traits?: StoreTraits;
  /** Of the random histories. Default: a different one each time; a failure names it. */
  readonly seed?: number;
}

/** One test. `run` rejects with what is wrong. */
export interface StoreCase {
  readonly name: string;
  /** Why this case does not apply. `run` then must not be called. */
  readonly skipped?: string;
  run(): Promise<void>;
}
