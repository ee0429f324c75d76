import { z } from "zod";
import { StateError } from "../ground/error.ts";

/** A binding of the platform: a live object, which no file can hold. The adapter looks at what it is. */
const binding = z.custom<object>(
  (value) => typeof value === "object" && value !== null,
  "expected a binding",
);
const text = z.string().min(1);
/** Timers take what is longer for no time at all. */
const milliseconds = z
  .int()
  .positive()
  .lt(2 ** 31);

/**
 * Where state is kept, by the name of the adapter; unknown fields are refused. Each field means what it means to the adapter.
 * `sled` is the local store of the runtime: a directory in Node, Bun and Deno, a database in browsers.
 */
export const storageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("memory") }),
  z.strictObject({
    type: z.literal("filesystem"),
    path: text,
    compactAbove: z.number().positive().optional(),
  }),
  z.strictObject({
    type: z.literal("indexeddb"),
    name: text,
    storeName: text.optional(),
    durability: z.enum(["relaxed", "strict"]).optional(),
    fallback: z.literal("memory").optional(),
    openTimeoutMs: milliseconds.optional(),
  }),
  z.strictObject({
    type: z.literal("localforage"),
    name: text,
    storeName: text.optional(),
    driver: z.enum(["indexeddb", "localstorage"]).optional(),
    prefix: text.optional(),
    lockTimeoutMs: milliseconds.optional(),
  }),
  z.strictObject({ type: z.literal("durable-object"), storage: binding, name: text.optional() }),
  z.strictObject({
    type: z.literal("cloudflare-kv"),
    namespace: binding,
    prefix: text.optional(),
    stalenessMs: z.int().min(60_000).optional(),
    settleMs: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal("sled"), path: text }),
]);

export type StorageConfig = z.infer<typeof storageSchema>;

const TYPES: ReadonlySet<string> = new Set(
  storageSchema.options.flatMap(({ shape }) => [...shape.type.values]),
);
/** Names that other programs use, for which there is no adapter. */
const ADVICE: Readonly<Record<string, string>> = {
  rocksdb: ". There is no adapter for it yet; filesystem and durable-object keep state for good",
};

/**
 * Checks a configuration from a file or the environment. Without a `type`, or nothing at all: memory. The result is frozen.
 *
 * Throws `unsupported` for a backend that is not known, and `invalid`, with `facts.path`, for whatever else is wrong.
 *
 * @example
 * const config = parseStorageConfig(JSON.parse(text));
 */
export function parseStorageConfig(config: unknown = {}): StorageConfig {
  const given = withType(config);
  const type: unknown = typeof given === "object" && given !== null ? Reflect.get(given, "type") : undefined;
  if (typeof type === "string" && !TYPES.has(type)) {
    const advice = Object.hasOwn(ADVICE, type) ? ADVICE[type] : "";
    throw new StateError("unsupported", `Unsupported storage backend: ${type}${advice}`);
  }
  const { success, data, error } = storageSchema.safeParse(given);
  if (success) return Object.freeze(data);
  const [issue] = error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  const message = `the storage configuration is not acceptable${path && ` at ${path}`}: ${issue?.message}`;
  throw new StateError("invalid", message, { path, cause: error });
}

function withType(config: unknown): unknown {
  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  return isObject && !("type" in config) ? { type: "memory", ...config } : config;
}
