import { Serializer } from "node:v8";
import { expect, it } from "vitest";
import type { DurableStorageLike } from "../../adapters/durable-object/index.ts";
import { durableObject } from "../../adapters/durable-object/index.ts";

const unused = () => Promise.reject(new TypeError("not used here"));

/** As much of a storage as opening needs. The adapter itself is tested on workerd. */
function storageThat(exec: () => { toArray(): []; rowsWritten: number }): DurableStorageLike {
  return {
    sql: { exec },
    get: unused,
    list: unused,
    put: unused,
    delete: unused,
    transaction: unused,
    transactionSync: (work) => work(),
  };
}

function refusing(message: string): DurableStorageLike {
  return storageThat(() => {
    throw new Error(message);
  });
}

it("takes values for the key-value API that are within 128 KiB as they are stored", async () => {
  const store = await durableObject(refusing("SQL is not enabled for this class")).open({ readOnly: false });
  const clone = new Serializer();
  clone.writeHeader();
  clone.writeValue(new Uint8Array(store.capabilities.maxValueBytes));
  const stored = clone.releaseBuffer().length;
  expect(stored).toBeLessThanOrEqual(131_072);
  expect(stored).toBeGreaterThan(131_072 - 32);
});

it("takes values for SQL that leave room for any key in a row of 2 MB", async () => {
  const store = await durableObject(storageThat(() => ({ toArray: () => [], rowsWritten: 0 }))).open({
    readOnly: false,
  });
  expect(store.capabilities.maxValueBytes + 512).toBeLessThan(2_000_000);
});

it("does not take a failing SQL for none: the data may lie in its table", async () => {
  const opening = durableObject(refusing("Network connection lost.")).open({ readOnly: false });
  await expect(opening).rejects.toThrow("Network connection lost.");
});

it("names a full and a damaged database", () => {
  const { classify } = durableObject(refusing(""));
  expect(classify?.(new Error("database or disk is full: SQLITE_FULL"))).toBe("quota");
  expect(classify?.(new Error("database disk image is malformed: SQLITE_CORRUPT"))).toBe("corrupt");
  expect(classify?.(new Error("Network connection lost."))).toBeUndefined();
});
