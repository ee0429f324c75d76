/** Rows 1 to 7 answer for a byte that lies that many bytes further ahead, so eight bytes cost eight look-ups. */
const TABLE = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  TABLE[byte] = value;
}
for (let at = 256; at < TABLE.length; at++) {
  const nearer = row(at - 256);
  TABLE[at] = (nearer >>> 8) ^ row(nearer & 255);
}

/** In bounds at each call: every index is a byte plus the start of one of the eight rows. */
function row(index: number): number {
  return TABLE[index] as number;
}

/**
 * CRC-32 as zip, PNG and Ethernet compute it (reflected, polynomial 0xEDB88320), as an unsigned number.
 * It finds accidents, not forgery. To go on with more bytes pass the result so far as `seed`.
 *
 * @example
 * crc32(utf8("123456789")) === 0xcbf43926
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const table = TABLE;
  const length = bytes.length;
  const whole = length - (length % 8);
  let crc = ~seed;
  let i = 0;
  // The casts hold because `whole` and `length` bound `i`, and each table index is a row plus a byte.
  for (; i < whole; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      (table[1792 + (low & 255)] as number) ^
      (table[1536 + ((low >>> 8) & 255)] as number) ^
      (table[1280 + ((low >>> 16) & 255)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (bytes[i + 4] as number)] as number) ^
      (table[512 + (bytes[i + 5] as number)] as number) ^
      (table[256 + (bytes[i + 6] as number)] as number) ^
      (table[bytes[i + 7] as number] as number);
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}
