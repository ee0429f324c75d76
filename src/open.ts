import { nanoid } from "nanoid";
import { eventBus } from "./events/bus.ts";
import { createCodec } from "./ground/codec.ts";
import { isStateError, StateError } from "./ground/error.ts";
import { lazy } from "./ground/lazy.ts";
import { defaultPorts, type Ports } from "./ground/ports.ts";
import type { HookEnv } from "./hooks/port.ts";
import { hookRegistry } from "./hooks/registry.ts";
import { withCompression } from "./journal/compression.ts";
import { correlationIds } from "./journal/correlation-id.ts";
import { STORE_FORMAT } from "./journal/head.ts";
import { openJournal } from "./journal/journal.ts";
import { headRevision, type JournalState } from "./journal/state.ts";
import type { TailPage } from "./journal/tail.ts";
import { compressionThreshold, readSettings, type StateManagerOptions } from "./options.ts";
import { SYSTEM } from "./state/correlation.ts";
import type { Engine } from "./state/engine.ts";
import { hookValues } from "./state/hook-values.ts";
import { maintenance } from "./state/maintenance.ts";
import type { Schema } from "./state/schema.ts";
import { damagedView, type ScopeView, type Views, views } from "./state/view.ts";
import { writer } from "./state/writer.ts";
import { type StateManager, stateManager } from "./state-manager.ts";
import { hasLimits, unmet } from "./store/capabilities.ts";
import { openOrFallBack } from "./store/fall-back.ts";
import type { StorageAdapter, Store } from "./store/store.ts";

const parts = lazy("stores with limits", () => import("./store/parts.ts"));
const buffered = lazy("buffered writes", () => import("./state/buffered.ts"));
const forks = lazy("stores whose reads may be old", () => import("./state/forked.ts"));
const remote = lazy("other writers' changes", () => import("./state/remote.ts"));

/**
 * Opens a store: checks what it offers, its format and its schema's version, ignores what a crash left half done, and
 * loads the global scope. Changes no data. `memory` makes the storage of those who name none.
 */
export async function openStore<S extends Schema>(
  options: StateManagerOptions<S>,
  memory: () => StorageAdapter,
): Promise<StateManager<S>> {
  const settings = readSettings(options);
  const { persistence, require } = settings;
  const ports: Ports = { ...defaultPorts, ...options.ports };
  const adapter = options.storage === undefined || !persistence.enabled ? memory() : options.storage;
  const opening = { readOnly: require.readOnly === true };
  const { name, store } = await openOrFallBack(adapter, opening, memory, ports.logger);
  try {
    checkRequirements(name, store, settings.require);
    const parted = hasLimits(store.capabilities)
      ? (await parts.load()).withParts(store, () => nanoid().toLowerCase())
      : { store, orphans: undefined };
    const journal = await openJournal(
      withCompression(parted.store, compressionThreshold(persistence.compression)),
      ports,
      parted.orphans,
    );
    checkVersion(journal, options.schema, require.readOnly === true);
    if (require.readOnly === true)
      journal.readOnly ??= new StateError("read_only", "the store was opened read-only", {
        adapter: name,
      });
    // What is meant for that storage must not end in the memory that stands in for it.
    const isMeant = persistence.enabled && name === adapter.name;
    const lifecycle = isMeant ? (ports.lifecycle ?? adapter.lifecycle) : undefined;
    return await assemble(journal, { ...ports, lifecycle }, settings, options);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function checkRequirements(
  name: string,
  { capabilities }: Store,
  require: ReturnType<typeof readSettings>["require"],
): void {
  const clauses = unmet(require, capabilities);
  if (clauses.length > 0)
    throw new StateError(
      "unsupported",
      `storage ${name} does not offer what is required: ${clauses.join("; ")}`,
      { adapter: name },
    );
  if (capabilities.swap === "local" && require.singleWriter !== true && require.readOnly !== true) {
    throw new StateError(
      "unsupported",
      `storage ${name} cannot keep other writers out; open it with require: { singleWriter: true } if there are none, or readOnly`,
      { adapter: name },
    );
  }
}

function checkVersion({ head }: JournalState, schema: Schema | undefined, readOnly: boolean): void {
  if (head === undefined) return;
  if (head.minWriter > STORE_FORMAT && !readOnly) {
    throw new StateError(
      "newer_format",
      `the store needs a writer of format ${head.minWriter}; this one is of ${STORE_FORMAT}; open it with require: { readOnly: true }`,
    );
  }
  if (schema === undefined) return;
  if (head.schema > schema.version) {
    throw new StateError(
      "newer_format",
      `the store has schema version ${head.schema}; this program knows ${schema.version}. Nothing was changed`,
    );
  }
  if (head.schema < schema.version && !readOnly) {
    throw new StateError(
      "migration_needed",
      `the store has schema version ${head.schema} and must be migrated before a program of version ${schema.version} writes to it. Nothing was changed`,
    );
  }
}

async function assemble<S extends Schema>(
  journal: JournalState,
  ports: Ports,
  { persistence }: ReturnType<typeof readSettings>,
  options: StateManagerOptions<S>,
): Promise<StateManager<S>> {
  const codec = createCodec(options.types);
  const life = { isOpen: true };
  const isBuffered = persistence.mode === "buffered";
  const hooks = options.hooks ?? hookRegistry();
  const bus = eventBus({ clock: ports.clock, logger: ports.logger, id: nanoid });
  const hookEnv: HookEnv = {
    clock: ports.clock,
    values: hookValues(codec),
    id: nanoid,
    onFailure: (failure, of = SYSTEM) => bus.publish({ type: "hook.failed", data: failure, correlation: of }),
    onBreakerOpened: (hook) => bus.publish({ type: "hook.breaker_opened", data: hook, correlation: SYSTEM }),
  };
  // In one turn: what is read is shown before anything of ours is committed on top of it. What could not be shown, because
  // a read failed, is shown before what comes after it.
  let unshown: readonly TailPage[] = [];
  /** Other writers have committed, and nobody has begun to read it. */
  let isHinted = false;
  const catchUp = async () => {
    const { refresh, showRemote } = remote.now ?? (await remote.load());
    await journal.turn.run(async () => {
      isHinted = false;
      unshown = [...unshown, ...(await refresh(journal))];
      await showRemote(journal, allViews, bus, codec, unshown, isBuffered);
      unshown = [];
      journal.shown = headRevision(journal);
    });
  };
  journal.catchUp = catchUp;
  const allViews = views(journal, catchUp);
  const schemaVersion = options.schema?.version ?? 1;
  const queue = writer({
    journal,
    schemaVersion,
    isBuffered,
    catchUp,
    onCommitted: () => upkeep.onPage(),
    onProgress: (error) => flusher?.onProgress(error),
    isLoaded: (view) => allViews.find(view.text) === view,
    onReadOnly: (error) =>
      bus.publish({ type: "store.read_only", data: { reason: error.message, error }, correlation: SYSTEM }),
  });
  const makeId = correlationIds();
  const engine: Engine = {
    ports,
    journal,
    codec,
    hooks,
    hookEnv,
    bus,
    views: allViews,
    writer: queue,
    schema: options.schema,
    isBuffered,
    onBuffered: (draft) => flusher?.onBuffered(draft),
    correlationId: () => makeId(headRevision(journal)),
    running: new Set(),
    now: () => ports.clock.now(),
    life,
  };
  const upkeep = maintenance(engine, persistence.checkpointEvery, catchUp);
  const hasLeft = persistence.pendingJournal && (ports.lifecycle?.pending?.read().length ?? 0) > 0;
  const flusher =
    isBuffered || hasLeft ? (await buffered.load()).bufferedFlush(engine, persistence) : undefined;
  let isFollowing = false;
  const unwatch = journal.store.watch?.(() => {
    isHinted = true;
    if (!isFollowing) void follow();
  });
  /** One read for all hints that come before it begins: a storm of them must not fill the turn that commits wait for. */
  async function follow(): Promise<void> {
    isFollowing = true;
    while (isHinted && life.isOpen) {
      isHinted = false;
      try {
        await catchUp();
      } catch (error) {
        bus.publish({
          type: "store.degraded",
          data: { reason: "changes of other writers could not be read", error },
          correlation: SYSTEM,
        });
      }
    }
    isFollowing = false;
  }
  async function shutDown(): Promise<void> {
    life.isOpen = false;
    unwatch?.();
    flusher?.stop();
    try {
      // What is flushed has after hooks, and their runs are flushed in turn.
      while (engine.running.size + queue.pending > 0) {
        await Promise.all(engine.running);
        await queue.flush();
      }
      if (journal.readOnly === undefined) {
        // Whoever only read leaves the store as it is.
        if (queue.lastDurableAt !== undefined) await upkeep.checkpoint();
      }
    } finally {
      flusher?.end();
      await upkeep.stop();
      await bus.settled();
      bus.close();
      await journal.store.close();
    }
  }
  const global = await globalView(allViews);
  const onRelease = () => {
    if (!queue.holdsUnqueued) allViews.evict(persistence.cacheSizeLimit);
  };
  await flusher?.begin();
  if (journal.forked.length > 0) void (await forks.load()).tellForks(engine, journal.forked);
  return stateManager<S>(
    { engine, global, shutDown, checkpoint: upkeep.checkpoint, onRelease, life, catchUp },
    {},
  );
}

/** A damaged global scope answers nothing; the others are there all the same. */
async function globalView(all: Views): Promise<ScopeView> {
  try {
    return await all.hold("global");
  } catch (error) {
    if (!isStateError(error, "corrupt")) throw error;
    return damagedView(all, "global", error);
  }
}
