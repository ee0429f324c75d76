import { crc32 as reference } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import { utf8 } from "../../src/ground/bytes.ts";
import { crc32, crc32OfAscii, scriptCrc32 } from "../../src/ground/crc.ts";
import { seededRandom } from "../../src/testing.ts";

describe.each([
  ["crc32", crc32],
  ["scriptCrc32", scriptCrc32],
])("%s", (_, crc32) => {
  it("agrees with the published check values", () => {
    expect(crc32(utf8(""))).toBe(0);
    expect(crc32(utf8("a"))).toBe(0xe8b7be43);
    expect(crc32(utf8("123456789"))).toBe(0xcbf43926);
    expect(crc32(utf8("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
    expect(crc32(new Uint8Array(32).fill(255))).toBe(0xff6cab0b);
  });

  it("agrees with zlib at every length and offset around its stride", () => {
    const bytes = seededRandom(5).bytes(200);
    for (let from = 0; from < 9; from++) {
      for (let to = from; to < bytes.length; to++) {
        const part = bytes.subarray(from, to);
        if (crc32(part) !== reference(part)) expect.fail(`bytes ${from} to ${to} differ`);
      }
    }
  });

  it("goes on from a seed", () => {
    const bytes = seededRandom(6).bytes(1000);
    for (const cut of [0, 1, 7, 8, 9, 500, 999, 1000]) {
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
    }
  });

  it("notices every flipped bit", () => {
    const bytes = seededRandom(7).bytes(67);
    const sound = crc32(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(crc32(flipped)).not.toBe(sound);
    }
  });
});

test("the checksum of an ASCII text is that of its bytes", () => {
  for (const text of ["", "a", "head", "j/0123456789abcdefghijklmnop\n1 0 0", "~-_./ \u007f"])
    expect(crc32OfAscii(text)).toBe(crc32(utf8(text)));
});
