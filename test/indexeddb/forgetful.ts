/** A program that watches and writes, and ends without closing. */
import "fake-indexeddb/auto";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import type { Key } from "../../src/adapter.ts";

const store = await indexedDB({ name: "forgetful" }).open({ readOnly: false });
store.watch?.(() => undefined);
const written = await store.commit({ writes: [{ put: "a" as Key, value: new Uint8Array(1) }] });
await store.get(["a" as Key]);
console.log(written);
