import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Key } from "../store/store.ts";
import type { Page } from "./commit.ts";
import { headOfGeneratedId } from "./correlation-id.ts";
import { isLarge, type StoredValue, valueSize } from "./values.ts";

/** What the journal after the checkpoint says of one key; without a value the key is gone. */
export interface TailEntry {
  readonly revision: Revision;
  readonly expiresAt: number | undefined;
  readonly value: StoredValue | undefined;
}

/** Changes by scope and key. Per key the higher revision wins over blocks. */
export type Overlay = Map<ScopeText, Map<string, TailEntry>>;

/** A page as it lies in the store. `key` is its record: `j/…`, also for a marker with staged pages. */
export interface TailPage {
  readonly key: Key;
  readonly bytes: Uint8Array;
  readonly page: Page;
}

/** Pages after a checkpoint. A checkpoint takes all generations there are and lets new pages go to a new one. */
export interface Generation {
  readonly pages: TailPage[];
  /** What the pages say, worked out when somebody asks. */
  readonly overlay: Overlay;
  changes: number;
  bytes: number;
}

export interface Tail {
  readonly generations: Generation[];
  readonly changes: number;
  readonly bytes: number;
  /** All pages in journal order. */
  pages(): TailPage[];
  push(page: TailPage): void;
  /** What the tail says of a scope, oldest generation first. */
  of(scope: ScopeText): Map<string, TailEntry>[];
  entry(scope: ScopeText, key: string): TailEntry | undefined;
  /** Begins a new generation and returns those before it, whole. */
  cut(): readonly Generation[];
  /** Forgets generations that a checkpoint has taken. */
  drop(taken: readonly Generation[]): void;
  clear(): void;
}

function generation(): Generation {
  const pages: TailPage[] = [];
  const overlay: Overlay = new Map();
  let done = 0;
  return {
    pages,
    get overlay() {
      for (; done < pages.length; done++) layPage(overlay, pages[done] as TailPage); // in bounds
      return overlay;
    },
    changes: 0,
    bytes: 0,
  };
}

export function emptyTail(): Tail {
  const generations: Generation[] = [generation()];
  return {
    generations,
    get changes() {
      return generations.reduce((sum, g) => sum + g.changes, 0);
    },
    get bytes() {
      return generations.reduce((sum, g) => sum + g.bytes, 0);
    },
    pages: () => generations.flatMap((g) => g.pages),
    push(page) {
      const last = generations.at(-1) ?? generation();
      last.pages.push(page);
      last.bytes += page.bytes.length;
      for (const { changes } of page.page.commits) last.changes += changes.length;
    },
    of: (scope) => generations.flatMap((g) => g.overlay.get(scope) ?? []),
    entry(scope, key) {
      for (let i = generations.length - 1; i >= 0; i--) {
        const found = generations[i]?.overlay.get(scope)?.get(key);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    cut() {
      const taken = generations.filter((g) => g.pages.length > 0);
      generations.splice(0, generations.length, ...taken, generation());
      return taken;
    },
    drop(taken) {
      generations.splice(0, generations.length, ...generations.filter((g) => !taken.includes(g)));
    },
    clear() {
      generations.splice(0, generations.length, generation());
    },
  };
}

function layPage(into: Overlay, { page }: TailPage): void {
  for (const { changes, revision } of page.commits) {
    for (const { scope, key, expiresAt, value } of changes) {
      let entries = into.get(scope);
      if (entries === undefined) {
        entries = new Map();
        into.set(scope, entries);
      }
      entries.set(key, { revision, expiresAt, value });
    }
  }
}

/** How much a value adds to the room a page takes. */
export function storedSize(value: StoredValue | undefined): number {
  if (value === undefined) return 0;
  return isLarge(value) ? 48 : valueSize(value);
}

/** The correlation ids of a page that a query could not find without an index. */
export function indexedIds(page: Page): Set<string> {
  const ids = new Set<string>();
  for (const { correlation, detail } of page.commits) {
    const id = correlation.correlationId;
    if (detail !== undefined || correlation.reused || headOfGeneratedId(id) === undefined) ids.add(id);
  }
  return ids;
}
