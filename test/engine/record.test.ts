import { expect, test } from "vitest";
import { fromUtf8 } from "../../src/ground/bytes.ts";
import { decodeRecord, encodeRecord } from "../../src/journal/record.ts";
import type { Key } from "../../src/store/store.ts";

const key = "b/one" as Key;
const part = new Uint8Array([1, 2, 3]);

test.each([
  ["ASCII in both texts", "plan", "{}"],
  ["wide characters in the meta alone", "é🦊", "{}"],
  ["wide characters in the text alone", "plan", '"é🦊"'],
  ["wide characters in both", "ß", "“”"],
  ["no text", "plan", ""],
])("a record comes back with %s", (_, meta, text) => {
  const bytes = encodeRecord(key, { meta: { k: [meta] }, text, parts: [part, new Uint8Array(0)] });
  const back = decodeRecord(key, bytes);
  expect(back.meta).toEqual({ k: [meta] });
  expect(fromUtf8(back.textBytes)).toBe(text);
  expect(back.parts).toEqual([part, new Uint8Array(0)]);
});

test("a part that is kept does not keep what was read together with its record", () => {
  const record = encodeRecord(key, { meta: 0, text: "", parts: [part] });
  const together = new Uint8Array(1_000_000);
  together.set(record, 500);
  const [kept] = decodeRecord(key, together.subarray(500, 500 + record.length)).parts;
  expect(kept).toEqual(part);
  expect(kept?.buffer.byteLength).toBe(3);
});
