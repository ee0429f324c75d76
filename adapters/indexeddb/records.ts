/** What is done with records inside one transaction. */
import { wrap } from "idb";
import {
  type Batch,
  type CommitOutcome,
  type Entry,
  equalBytes,
  type Key,
  StateError,
} from "../../src/adapter.ts";
import { alone } from "../shared/alone.ts";

const NO_BYTES = new Uint8Array(0);

/** Resolves when the transaction is complete, or aborted because the swap's key has another value. */
export function commitIn(records: IDBObjectStore, { writes, swap }: Batch): Promise<CommitOutcome> {
  const { transaction } = records;
  return new Promise((resolve, reject) => {
    let isConflict = false;
    let failure: unknown;
    // A failed request aborts its transaction. If a browser ever went on all the same, that must not pass for a commit.
    transaction.oncomplete = () => (failure === undefined ? resolve("committed") : reject(halfDone(failure)));
    transaction.onerror = ({ target }) => {
      failure ??= (target as IDBRequest).error; // only requests' errors come up here
    };
    transaction.onabort = () =>
      isConflict ? resolve("conflict") : reject(failure ?? transaction.error ?? aborted());
    try {
      // All at once: what is put before the answer to the comparison is undone if that says so.
      if (swap !== undefined) {
        const reading: IDBRequest<Uint8Array | undefined> = records.get(swap.key);
        reading.onsuccess = () => {
          isConflict = !equalBytes(reading.result, swap.from);
          if (isConflict) transaction.abort();
        };
      }
      let last: IDBRequest | undefined;
      for (const write of writes)
        last = "put" in write ? records.put(alone(write.value), write.put) : records.delete(write.delete);
      if (swap !== undefined) last = records.put(alone(swap.to), swap.key);
      // Not before: told to commit while puts are under way, Firefox keeps the rest of a transaction of which one fails.
      if (last !== undefined) last.onsuccess = () => finish(records);
    } catch (error) {
      // Or it would complete with what was asked for so far.
      failure = error;
      transaction.abort();
    }
  });
}

export async function getFrom(
  records: IDBObjectStore,
  keys: readonly Key[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const reading = Promise.all(keys.map((key) => wrap<unknown>(records.get(key))));
  finish(records);
  const values = await reading;
  return values.map((value, i) => (value === undefined ? undefined : bytesOf(value, keys[i])));
}

/** Part of a range: `after` leaves its first key out. */
export interface Stretch {
  readonly from: Key;
  readonly to: Key;
  readonly isAfter: boolean;
  readonly count: number;
}

/** The first `count` entries of a stretch, or in reverse the last ones. */
export async function entriesOf(
  records: IDBObjectStore,
  { from, to, isAfter, count }: Stretch,
  { reverse, keysOnly }: { reverse: boolean; keysOnly: boolean },
): Promise<Entry[]> {
  let range = IDBKeyRange.bound(from, to, isAfter, true);
  if (reverse) {
    const cursor = await wrap(records).openKeyCursor(range, "prev");
    const first = cursor !== null && count > 1 ? await cursor.advance(count - 1) : cursor;
    // Not so many: then it is all of them.
    if (first !== null) range = IDBKeyRange.bound(first.key, to, false, true);
  }
  const reading = Promise.all([
    wrap(records.getAllKeys(range, count)),
    keysOnly ? undefined : wrap<unknown[]>(records.getAll(range, count)),
  ]);
  finish(records);
  const [keys, values] = await reading;
  const entries = keys.map((found, i) => {
    const key = found as Key; // only keys are put there
    return { key, value: values === undefined ? NO_BYTES : bytesOf(values[i], key) };
  });
  return reverse ? entries.reverse() : entries;
}

/** No more requests will come: writers that wait need not wait until the browser has seen that by itself. */
function finish({ transaction }: IDBObjectStore): void {
  transaction.commit?.();
}

function bytesOf(value: unknown, key: Key | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new StateError("corrupt", `The record ${key} does not hold bytes.`, { adapter: "indexeddb", key });
}

function halfDone(cause: unknown): StateError {
  const message = "The browser completed a transaction of which a request had failed.";
  return new StateError("corrupt", message, { adapter: "indexeddb", cause });
}

function aborted(): DOMException {
  return new DOMException("The browser aborted the transaction without saying why.", "AbortError");
}
