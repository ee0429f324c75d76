import { StateError } from "./ground/error.ts";
import { checkFields } from "./ground/fields.ts";
import type { Ports } from "./ground/ports.ts";
import type { ValueType } from "./ground/value-type.ts";
import type { HookRegistry } from "./hooks/registry.ts";
import { isGlob } from "./state/glob.ts";
import type { Schema } from "./state/schema.ts";
import type { Requirements } from "./store/capabilities.ts";
import type { StorageAdapter } from "./store/store.ts";

/** How and when changes reach the store. */
export interface PersistenceOptions {
  /** False: hooks and events work as ever, but nothing reaches `storage`. Default true. */
  readonly enabled?: boolean;
  /**
   * `immediate` (default): a write resolves when it is stored. `buffered`: it resolves when it is visible, and is
   * stored by the next flush; until then `dirty` is true and a crash loses it.
   */
  readonly mode?: "immediate" | "buffered";
  /** Buffered: the longest time between a write and its flush, in milliseconds. Default 5000. */
  readonly flushIntervalMs?: number;
  /** Buffered: so many waiting changes flush at once. Default 100. */
  readonly batchSize?: number;
  /** Buffered: a change of a key that fits one of these flushes at once. `*` stands for any characters. Default `critical:*`. */
  readonly immediateFlushPatterns?: readonly string[];
  /**
   * Buffered, where the lifecycle offers it (pages do, by `localStorage`): what cannot be flushed before the program ends is
   * put, unsealed, where the next opening finds it. Default true.
   */
  readonly pendingJournal?: boolean;
  /** Entries kept in memory for scopes that no handle holds. Default 10,000. Queued changes are never let go. */
  readonly cacheSizeLimit?: number;
  /**
   * Compresses records above a threshold, default 1024 bytes, if that makes them smaller. Default false: it costs more time than a local disk saves.
   * Records say of themselves whether they are compressed, so it may be changed at any open.
   */
  readonly compression?: boolean | { readonly thresholdBytes: number };
  /** A checkpoint follows so many changes. Default 4096. Lower makes opening cheaper and writing dearer. */
  readonly checkpointEvery?: number;
}

/** What the caller insists on; unmet wishes refuse the open. */
export interface RequireOptions extends Requirements {
  /** Nothing is ever written, no lock is taken. */
  readonly readOnly?: boolean;
  /** The caller vouches that it is the only writer; needed where the store cannot keep others out. */
  readonly singleWriter?: boolean;
}

export interface StateManagerOptions<S extends Schema = Schema> {
  /** Where state lives. Default: the memory of this process, gone at its end. */
  readonly storage?: StorageAdapter;
  readonly schema?: S;
  /** Classes of yours that may be values; data never names any other. */
  readonly types?: readonly ValueType[];
  /** A registry made by `createHooks()`, for stores that share their hooks. Default: one of its own. */
  readonly hooks?: HookRegistry;
  readonly persistence?: PersistenceOptions;
  readonly require?: RequireOptions;
  /** Clock, random, logger and lifecycle; for tests and unusual places. */
  readonly ports?: Partial<Ports>;
}

export interface Settings {
  readonly persistence: Required<PersistenceOptions>;
  readonly require: RequireOptions;
}

export const DEFAULT_PERSISTENCE: Required<PersistenceOptions> = {
  enabled: true,
  mode: "immediate",
  flushIntervalMs: 5000,
  batchSize: 100,
  immediateFlushPatterns: ["critical:*"],
  pendingJournal: true,
  cacheSizeLimit: 10_000,
  compression: false,
  checkpointEvery: 4096,
};

const OPTION_FIELDS = ["storage", "schema", "types", "hooks", "persistence", "require", "ports"];
const REQUIRE_VALUES: Readonly<Record<keyof RequireOptions, readonly unknown[]>> = {
  readOnly: [true, false],
  singleWriter: [true, false],
  atomicity: ["batch"],
  swap: ["shared"],
  consistency: ["strong"],
  durability: ["process", "gated", "power"],
};
const PORT_METHODS = {
  clock: ["now", "elapsed"],
  random: ["fill"],
  logger: ["warn", "error"],
  lifecycle: ["onSuspend"],
} as const;

/** Checks what was given and fills in the rest. Throws `invalid` for unknown fields and values out of range. */
export function readSettings(options: StateManagerOptions): Settings {
  if (typeof (options as Partial<StorageAdapter>)?.open === "function")
    throw new TypeError(
      "an adapter is the option storage: StateManager.open({ storage: filesystem({ path }) })",
    );
  checkFields("an option of StateManager.open", options, OPTION_FIELDS);
  const { storage, schema, types, hooks, persistence = {}, require = {}, ports = {} } = options;
  if (storage !== undefined && typeof storage?.open !== "function") {
    throw new TypeError("storage must be an adapter, such as filesystem({ path }) or memory()");
  }
  if (schema !== undefined) checkSchema(schema);
  if (types !== undefined && !Array.isArray(types))
    throw new TypeError("types must be a list of value types");
  if (hooks !== undefined && typeof hooks?.list !== "function")
    throw new TypeError("hooks must be made by createHooks()");
  checkPorts(ports);
  checkFields("an option of persistence", persistence, Object.keys(DEFAULT_PERSISTENCE));
  checkFields("an option of require", require, Object.keys(REQUIRE_VALUES));
  for (const field of Object.keys(REQUIRE_VALUES) as (keyof RequireOptions)[]) {
    const value = require[field];
    if (value === undefined || REQUIRE_VALUES[field].includes(value)) continue;
    const allowed = REQUIRE_VALUES[field].join(", ");
    throw new StateError("invalid", `require.${field} is one of ${allowed}, not ${String(value)}`);
  }
  const settings = { ...DEFAULT_PERSISTENCE, ...persistence };
  if (settings.mode !== "immediate" && settings.mode !== "buffered") {
    throw new StateError(
      "invalid",
      `persistence.mode is "immediate" or "buffered", not ${String(settings.mode)}`,
    );
  }
  for (const field of ["flushIntervalMs", "batchSize", "cacheSizeLimit", "checkpointEvery"] as const) {
    const least = field === "batchSize" || field === "checkpointEvery" ? 1 : 0;
    if (!(Number.isSafeInteger(settings[field]) && settings[field] >= least)) {
      throw new StateError("invalid", `persistence.${field} must be a whole number from ${least} on`);
    }
  }
  compressionThreshold(settings.compression);
  for (const field of ["enabled", "pendingJournal"] as const)
    if (typeof settings[field] !== "boolean")
      throw new TypeError(`persistence.${field} must be true or false`);
  const patterns: unknown = settings.immediateFlushPatterns;
  if (!Array.isArray(patterns) || !patterns.every(isGlob)) {
    throw new StateError("invalid", "persistence.immediateFlushPatterns must be a list of non-empty texts");
  }
  return { persistence: settings, require };
}

function checkSchema(schema: Schema): void {
  if (typeof schema !== "object" || schema === null) throw new TypeError("schema must be an object");
  if (!(Number.isSafeInteger(schema.version) && schema.version >= 1)) {
    throw new StateError("invalid", "schema.version must be a whole number from 1 on");
  }
  if (typeof schema.scopes !== "object" || schema.scopes === null) {
    throw new TypeError("schema.scopes must be an object with shapes by kind of scope");
  }
}

function checkPorts(ports: Partial<Ports>): void {
  checkFields("a port", ports, Object.keys(PORT_METHODS));
  for (const [name, methods] of Object.entries(PORT_METHODS)) {
    const port: unknown = ports[name as keyof Ports]; // the table lists exactly the ports
    if (port === undefined) continue;
    const has = (method: string) =>
      typeof port === "object" && port !== null && typeof Reflect.get(port, method) === "function";
    if (!methods.every(has)) throw new TypeError(`ports.${name} must have ${methods.join(" and ")}`);
  }
}

/** The least size of a record that is compressed, in bytes; undefined where none is. */
export function compressionThreshold(
  compression: boolean | { readonly thresholdBytes: number },
): number | undefined {
  if (compression === true) return 1024;
  if (compression === false) return undefined;
  const isObject = typeof compression === "object" && compression !== null;
  if (!isObject) throw new TypeError("persistence.compression must be true, false or { thresholdBytes }");
  checkFields("an option of persistence.compression", compression, ["thresholdBytes"]);
  const { thresholdBytes } = compression;
  if (Number.isSafeInteger(thresholdBytes) && thresholdBytes >= 0) return thresholdBytes;
  throw new StateError("invalid", "persistence.compression.thresholdBytes must be a whole number from 0 on");
}
