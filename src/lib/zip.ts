/**
 * Writes a .zip archive whose files are stored without compression (PKWARE APPNOTE 6.3, method 0): enough for a handful
 * of weights, which do not compress. Not a reader; no archives above 4 GiB.
 */

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const UTF8_FLAG = 0x0800;
/** 1 January 1980, so that equal files give equal archives. */
const FIXED_DATE = 0x0021;

/** The archive's bytes. Equal entries give equal bytes. */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const encodedName = new TextEncoder().encode(name);
    const shared = sharedFields(encodedName, bytes);
    const local = record([[4, LOCAL_HEADER], [2, VERSION], ...shared], encodedName);
    const central: Field[] = [[4, CENTRAL_HEADER], [2, VERSION], [2, VERSION], ...shared];
    directory.push(record([...central, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]], encodedName));
    parts.push(local, bytes);
    offset += local.length + bytes.length;
  }
  return concatenate([...parts, ...directory, endRecord(directory, offset)]);
}

/** A little-endian number: its size in bytes and its value. */
type Field = readonly [2 | 4, number];

function sharedFields(name: Uint8Array, bytes: Uint8Array): Field[] {
  const stored: Field[] = [
    [2, UTF8_FLAG],
    [2, 0],
    [2, 0],
    [2, FIXED_DATE],
  ];
  return [...stored, [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
}

function endRecord(directory: readonly Uint8Array[], offset: number): Uint8Array {
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const counts: Field[] = [
    [2, directory.length],
    [2, directory.length],
  ];
  return record([[4, END_OF_DIRECTORY], [2, 0], [2, 0], ...counts, [4, size], [4, offset], [2, 0]], new Uint8Array());
}

function record(fields: readonly Field[], tail: Uint8Array): Uint8Array {
  const size = fields.reduce((sum, [width]) => sum + width, 0);
  const bytes = new Uint8Array(size + tail.length);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
    offset += width;
  }
  bytes.set(tail, size);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as used by zip (reflected polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
