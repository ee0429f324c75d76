/** What a commit's swap compares and leaves behind, on the platform's own storage. */
import { describe, expect, it } from "vitest";
import { durableObject } from "../../adapters/durable-object/index.ts";
import type { Key } from "../../src/adapter.ts";
import { inObject } from "./objects.ts";

const [head, other] = ["head", "other"].map((text) => text as Key) as [Key, Key];
const [none, one, two] = [[], [1], [2]].map((bytes) => new Uint8Array(bytes)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const moved = (from: Uint8Array | undefined, to: Uint8Array) => ({ swap: { key: head, from, to } });

describe.each(["SQL", "KV"] as const)("in an object with %s", (backend) => {
  const withStore = (body: (open: () => ReturnType<typeof opened>) => Promise<void>) =>
    inObject(backend, (storage) => body(() => opened(storage)));
  const opened = (storage: DurableObjectStorage) => durableObject(storage).open({ readOnly: false });

  it("tells an empty value from none, and part of a buffer from all of it", () =>
    withStore(async (open) => {
      const store = await open();
      expect(await store.commit({ writes: [], ...moved(none, one) })).toBe("conflict");
      expect(await store.commit({ writes: [], ...moved(undefined, none) })).toBe("committed");
      expect(await store.commit({ writes: [], ...moved(undefined, one) })).toBe("conflict");
      const part = new Uint8Array([7, 1, 7]).subarray(1, 2);
      expect(await store.commit({ writes: [], ...moved(none, part) })).toBe("committed");
      expect(await store.get([head])).toEqual([one]);
      expect(await store.commit({ writes: [], ...moved(part, one) })).toBe("committed");
      expect(await store.commit({ writes: [], ...moved(one, two) })).toBe("committed");
    }));

  it("moves the key last, whatever else is written to it", () =>
    withStore(async (open) => {
      const store = await open();
      const puts = [{ put: head, value: new Uint8Array([9]) }];
      expect(await store.commit({ writes: puts, ...moved(undefined, one) })).toBe("committed");
      expect(await store.get([head])).toEqual([one]);
      expect(await store.commit({ writes: [{ delete: head }], ...moved(one, two) })).toBe("committed");
      expect(await store.get([head])).toEqual([two]);
    }));

  it("takes the move back when a write after it fails, also that of another opening", () =>
    withStore(async (open) => {
      const [store, second] = [await open(), await open()];
      await store.commit({ writes: [], ...moved(undefined, one) });
      const unfit = { put: other, value: Symbol("no bytes") as unknown as Uint8Array };
      for (const each of [store, second])
        await expect(each.commit({ writes: [unfit], ...moved(one, two) })).rejects.toThrow();
      expect(await store.get([head, other])).toEqual([one, undefined]);
      expect(await second.commit({ writes: [], ...moved(one, two) })).toBe("committed");
    }));
});
