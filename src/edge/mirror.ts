import { formatScope, parseScope, type StateManager } from "../index.ts";
import { engineOf, lookAtScopes } from "../internal.ts";
import type { MirrorNamespace } from "./platform.ts";
import { toWire } from "./wire.ts";

/** The platform takes one write of a key a second. */
const PUT_INTERVAL_MS = 1_000;

/** A scope as it lies in KV. */
export interface MirroredScope {
  /** A commit that it knows of; it may know of later ones. */
  readonly revision: string;
  /** The object's wall time when it was read. */
  readonly at: number;
  readonly entries: Readonly<Record<string, MirroredEntry>>;
}

interface MirroredEntry {
  readonly value: unknown;
  readonly revision: string;
  /** Wall time in milliseconds. */
  readonly expiresAt?: number;
}

export interface Mirror {
  /** Copies the scopes that commits of this opening change, each when the second is over. */
  follow(state: StateManager): void;
  /** Writes a scope now unless it was written within the last second. */
  refresh(scope: string): Promise<void>;
}

export function mirrorKey(object: string, scope: string): string {
  return `keepstate-mirror/${encodeURIComponent(object)}/${encodeURIComponent(scope)}`;
}

/**
 * Copies scopes to KV after their changes are durable, at most once a second each. A copy that fails or is lost only makes
 * readers go to the object.
 */
export function mirrorOf(
  store: () => Promise<StateManager>,
  kv: MirrorNamespace,
  object: string,
  waitUntil: (work: Promise<unknown>) => void,
): Mirror {
  /** Of the last commit that was told: by then its values can be read, which the head alone does not say. */
  let told = "";
  const writtenAt = new Map<string, number>();
  const waiting = new Set<string>();
  /** One put of a scope after the other, so that an older copy never comes last. */
  const putting = new Map<string, Promise<void>>();

  function write(scope: string): Promise<void> {
    const work = (putting.get(scope) ?? Promise.resolve()).then(() => put(scope));
    putting.set(scope, work);
    return work.then(() => {
      if (putting.get(scope) === work) putting.delete(scope);
    });
  }

  async function put(scope: string): Promise<void> {
    writtenAt.set(scope, Date.now());
    try {
      const state = await store();
      const copy = await copyOf(state, scope, told);
      await kv.put(mirrorKey(object, scope), JSON.stringify(toWire(engineOf(state).codec, copy)));
    } catch (error) {
      console.warn(`keepstate: ${scope} could not be copied to KV; readers will ask the object`, error);
    }
  }

  async function later(scope: string): Promise<void> {
    const wait = (writtenAt.get(scope) ?? 0) + PUT_INTERVAL_MS - Date.now();
    if (wait > 0) await new Promise<void>((resolve) => setTimeout(resolve, wait));
    waiting.delete(scope);
    await write(scope);
  }

  function changed(scope: string): void {
    if (waiting.has(scope)) return;
    waiting.add(scope);
    waitUntil(later(scope));
  }

  return {
    follow(state) {
      told = state.headRevision;
      state.events.on("state.changed", ({ data, revision }) => {
        told = revision ?? state.headRevision;
        changed(data.scope);
      });
    },
    async refresh(scope) {
      if (waiting.has(scope) || Date.now() - (writtenAt.get(scope) ?? 0) < PUT_INTERVAL_MS) return;
      await write(scope);
    },
  };
}

/** What is committed: a change that is on its way must not make an entry look absent. */
function copyOf(state: StateManager, text: string, revision: string): Promise<MirroredScope> {
  const scope = formatScope(parseScope(text));
  return lookAtScopes(state, [scope], (look) => {
    const stored = look(scope).stored();
    const entries = stored.flatMap(([key, { value, revision, expiresAt }]): [string, MirroredEntry][] =>
      // Without one it is not stored, and nobody knows yet whether it will be.
      revision === undefined
        ? []
        : [[key, { value, revision, ...(expiresAt === undefined ? {} : { expiresAt }) }]],
    );
    return { revision, at: Date.now(), entries: Object.fromEntries(entries) };
  });
}
