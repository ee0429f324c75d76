import { StateError } from "../../src/adapter.ts";
import { nameOf } from "../shared/error-name.ts";
import { isLost } from "./failure.ts";
import { type Opening, openDatabase, RECORDS } from "./open.ts";

/** Does something in one transaction, awaiting nothing but that transaction's own requests. */
type Work<T> = (records: IDBObjectStore) => Promise<T>;

/** A database handle that is opened again when it was lost, or closed to let another tab delete the database. */
export interface Connection {
  /**
   * Runs `work` in a transaction of its own. A lost connection is opened again once, and `work` repeated if it only
   * reads, or if its transaction could not even be begun. `undefined` where there is no database, which only a
   * connection for reading meets.
   */
  run<T>(mode: "readonly" | "readwrite", work: Work<T>): Promise<T | undefined>;
  /** Transactions that have begun are finished. */
  close(): void;
}

export async function connect(
  opening: Opening,
  create: boolean,
  options: IDBTransactionOptions,
): Promise<Connection> {
  let database: IDBDatabase | undefined;
  let reopening: Promise<IDBDatabase | undefined> | undefined;
  let wasThere = false;
  let isClosed = false;
  adopt(await openDatabase(opening, create));

  function adopt(opened: IDBDatabase | undefined): IDBDatabase | undefined {
    if (opened !== undefined) {
      wasThere = true;
      opened.onversionchange = () => drop(opened);
      opened.onclose = () => drop(opened);
    }
    database = opened;
    return opened;
  }

  function drop(lost: IDBDatabase): void {
    lost.close();
    if (database === lost) database = undefined;
  }

  /** Never makes the database: whoever deleted it meanwhile has deleted the state, and that is not hidden. */
  async function reopen(): Promise<IDBDatabase | undefined> {
    const opened = isClosed ? undefined : await openDatabase(opening, false);
    if (isClosed) {
      opened?.close();
      throw new StateError("closed", `The store ${opening.name} was closed.`, { adapter: "indexeddb" });
    }
    if (opened === undefined && wasThere) throw deleted(opening.name);
    return adopt(opened);
  }

  /** One attempt for all who wait, and none for those who come after it. */
  function reopened(): Promise<IDBDatabase | undefined> {
    reopening ??= reopen().finally(() => {
      reopening = undefined;
    });
    return reopening;
  }

  return {
    async run(mode, work) {
      for (let isAgain = false; ; isAgain = true) {
        const used = database ?? (await reopened());
        if (used === undefined) return undefined;
        let transaction: IDBTransaction | undefined;
        try {
          transaction = used.transaction(RECORDS, mode, options);
          return await work(transaction.objectStore(RECORDS));
        } catch (error) {
          // Some browsers give the reason to the transaction, some only to the request that failed first.
          const cause = (nameOf(error) === "AbortError" && transaction?.error) || error;
          if (isLost(cause)) drop(used);
          const mayRepeat = mode === "readonly" || transaction === undefined;
          if (isAgain || database === used || !mayRepeat) throw cause;
        }
      }
    },
    close() {
      isClosed = true;
      database?.close();
      database = undefined;
    },
  };
}

function deleted(name: string): StateError {
  const message = `The database ${name} was deleted while it was open: by the program, by the user, or by the browser for want of room. Open the store again to begin anew.`;
  return new StateError("unavailable", message, { adapter: "indexeddb" });
}
