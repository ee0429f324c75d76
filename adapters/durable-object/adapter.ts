import type { Failure, StorageAdapter } from "../../src/adapter.ts";
import { checkOptions } from "../shared/options.ts";
import { keyValueStore } from "./key-value.ts";
import { sqlStore } from "./sql.ts";
import type { DurableStorageLike, SqlStorageLike } from "./storage.ts";

export interface DurableObjectOptions {
  /**
   * What is keepstate's in the object: the SQL table of this name, or with the key-value API the keys that begin with
   * it and "/". Default `keepstate`. Two names are two stores. A lower-case letter, then at most 63 of `a-z 0-9 _`.
   */
  readonly name?: string;
}

const EXAMPLE = 'durableObject(ctx.storage, { name: "my_app" })';
const NAME = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * A store in a Durable Object, beside whatever else the object keeps there. In a SQLite-backed object it is one table,
 * two rows written for each commit; in an older one the key-value API.
 *
 * Durability is `gated`: a write resolves before it is on disk, but nothing the object sends, no response and no
 * request, leaves it until the write is; if that fails, the object is reset and what waited is never sent. Several
 * openings in one object are serialised. Opening writes nothing; the table is made by the first write.
 *
 * Opening rejects with `invalid` where the object has a table of this name that is not keepstate's. Do not write state
 * inside `ctx.storage.transaction()` of your own: if it rolls back, memory keeps what storage lost. After
 * `ctx.storage.deleteAll()` open again.
 *
 * @param storage `ctx.storage`, or `state.storage` in objects of the older style
 *
 * @example
 * this.ctx.blockConcurrencyWhile(async () => {
 *   this.state = await StateManager.open({ storage: durableObject(this.ctx.storage) });
 * });
 */
export function durableObject(
  storage: DurableStorageLike,
  options: DurableObjectOptions = {},
): StorageAdapter {
  check(storage, options);
  const { name = "keepstate" } = options;
  return {
    name: "durable-object",
    classify,
    async open({ readOnly, signal }) {
      signal?.throwIfAborted();
      return hasSql(storage) ? sqlStore(storage, name, readOnly) : keyValueStore(storage, name, readOnly);
    },
  };
}

function check(storage: DurableStorageLike, options: DurableObjectOptions): void {
  if (typeof storage?.transaction !== "function") {
    throw new TypeError("durableObject() takes the storage of a Durable Object: durableObject(ctx.storage)");
  }
  checkOptions(EXAMPLE, options, ["name"]);
  const { name } = options;
  if (name !== undefined && !(typeof name === "string" && NAME.test(name))) {
    throw new TypeError(
      `durableObject(): name is a lower-case letter and up to 63 of a-z 0-9 _, such as ${EXAMPLE}`,
    );
  }
}

/**
 * Whether the object is SQLite-backed. Only the platform's own refusal says that it is not: taken for that, any other
 * failure would show an empty store where the data lies in a table.
 */
function hasSql(storage: DurableStorageLike): storage is DurableStorageLike & SqlStorageLike {
  try {
    if (storage.sql === undefined || storage.transactionSync === undefined) return false;
    storage.sql.exec("SELECT 1").toArray();
    return true;
  } catch (error) {
    if (said(error).includes("SQL is not enabled")) return false;
    throw error;
  }
}

/** SQLite's own words. A statement that fails undoes its transaction, so a full database holds nothing of it. */
function classify(error: unknown): Failure | undefined {
  const text = said(error);
  if (text.includes("SQLITE_FULL")) return "quota";
  return /SQLITE_(CORRUPT|NOTADB)/.test(text) ? "corrupt" : undefined;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
