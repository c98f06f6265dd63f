/** The archive's structure, read back by its own central directory, and the checksum against known values. */
import { describe, expect, it } from "vitest";
import { crc32, zip, type ZipEntry } from "../../../src/lib/zip.ts";

/** Reads an archive the way unpackers do: from its end to the directory to each file. */
function unzip(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.slice(start, start + view.getUint32(at + 24, true));
    expect(view.getUint32(at + 16, true)).toBe(crc32(content));
    at += 46 + nameLength;
    return { name, bytes: content };
  });
}

const entries = [
  { name: "adapter_config.json", bytes: new TextEncoder().encode('{"peft_type": "PREFIX_TUNING"}') },
  { name: "empty", bytes: new Uint8Array() },
  { name: "näme/ü.bin", bytes: Uint8Array.from({ length: 1000 }, (_, index) => index % 251) },
];

describe("an archive", () => {
  it("holds every file unchanged, with its checksum", () => {
    expect(unzip(zip(entries))).toEqual(entries);
  });

  it("may be empty", () => {
    expect(unzip(zip([]))).toEqual([]);
  });

  it("of the same files is the same bytes", () => {
    expect(zip(entries)).toEqual(zip(entries));
  });
});

// python -c "import zlib; print(hex(zlib.crc32(b'123456789')))"
it.each([
  ["", 0],
  ["123456789", 0xcbf43926],
  ["The quick brown fox jumps over the lazy dog", 0x414fa339],
])("gives the CRC-32 of %j", (text, checksum) => {
  expect(crc32(new TextEncoder().encode(text))).toBe(checksum);
});
