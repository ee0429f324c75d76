import { wrap } from "idb";
import { StateError } from "../../src/adapter.ts";
import { settlesWithin } from "../shared/deadline.ts";
import { nameOf } from "../shared/error-name.ts";
import { unusable } from "./failure.ts";

/** The object store in each database: key → bytes. */
export const RECORDS = "records";

/** One store has one database, with one layout: no open tab ever has to make way for another's upgrade. */
const LAYOUT = 1;

export interface Opening {
  readonly factory: IDBFactory;
  readonly name: string;
  readonly timeoutMs: number;
}

/**
 * Opens the database. Where there is none it is made with `create`, and else stays absent, which is `undefined`.
 * Rejects with the native failure, or with `unsupported` (it could not be made), `locked` and `unavailable` (no answer
 * in time), `newer_format`, `invalid` (somebody else's database).
 */
export async function openDatabase(
  { factory, name, timeoutMs }: Opening,
  create: boolean,
): Promise<IDBDatabase | undefined> {
  const attempt: Attempt = { create, isBlocked: false, isLate: false, making: null };
  const listed = async () => create || (await isListed(factory, name));
  const opening = listed().then((isThere) =>
    isThere ? open(factory.open(name, LAYOUT), attempt) : undefined,
  );
  if (!(await settlesWithin(opening, timeoutMs))) {
    attempt.isLate = true;
    throw late(name, timeoutMs, attempt.isBlocked);
  }
  const database = await opening;
  if (database === undefined || database.objectStoreNames.contains(RECORDS)) return database;
  database.close();
  const message = `The database ${name} is not one of keepstate's. Choose another name, or delete it.`;
  throw new StateError("invalid", message, { adapter: "indexeddb" });
}

/** What happens while the browser opens a database. */
interface Attempt {
  readonly create: boolean;
  isBlocked: boolean;
  /** Nobody waits for it any more: nothing is made, and what opens is closed. */
  isLate: boolean;
  /** The transaction that makes the database, where there was none. */
  making: IDBTransaction | null;
}

async function open(request: IDBOpenDBRequest, attempt: Attempt): Promise<IDBDatabase | undefined> {
  let isAbsent = false;
  request.onblocked = () => {
    attempt.isBlocked = true;
  };
  request.onupgradeneeded = () => {
    isAbsent = !attempt.create || attempt.isLate;
    if (isAbsent) request.transaction?.abort();
    else {
      attempt.making = request.transaction;
      // A private window may open a database that takes no write: then this one is aborted, and nothing was made.
      const records = request.result.createObjectStore(RECORDS);
      records.put(new Uint8Array(1), "probe");
      records.delete("probe");
    }
  };
  // Firefox reports what nobody says to have seen.
  request.onerror = (event) => event.preventDefault();
  try {
    await wrap(request);
    if (attempt.isLate) request.result.close();
    return request.result;
  } catch (error) {
    if (isAbsent) return undefined;
    if (attempt.making !== null) throw unusable(attempt.making.error ?? error);
    throw nameOf(error) === "VersionError" ? newer(error) : error;
  }
}

/**
 * Asked before a database is opened that is not to be made. Without the list, one that is not there is begun and undone,
 * and of that WebKit keeps an empty file.
 */
async function isListed(factory: Partial<IDBFactory>, name: string): Promise<boolean> {
  const all = await factory.databases?.();
  return all === undefined || all.some((one) => one.name === name);
}

function newer(cause: unknown): StateError {
  const message = "The database has a newer layout, or another program made it. Nothing was changed.";
  return new StateError("newer_format", message, { adapter: "indexeddb", cause });
}

function late(name: string, timeoutMs: number, isBlocked: boolean): StateError {
  const facts = { adapter: "indexeddb" };
  if (isBlocked) {
    const message = `Another tab has kept the database ${name} from opening for ${timeoutMs} ms. Close or reload it, then try again.`;
    return new StateError("locked", message, facts);
  }
  const message = `The database ${name} did not open within ${timeoutMs} ms: the browser is busy, or another tab is deleting it. Try again.`;
  return new StateError("unavailable", message, facts);
}
