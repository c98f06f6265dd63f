/** What is written, read back by its own central directory and by the reader; archives of others; bytes that are none. */
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unzip, zip, type ZipEntry } from "../../../src/lib/zip.ts";

/** Reads an archive the way unpackers do: from its end to the directory to each file. */
function stored(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: view.getUint16(end + 10, true) }, () => {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const nameLength = view.getUint16(at + 28, true);
    const extras = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const content = bytes.slice(start, start + view.getUint32(at + 24, true));
    expect(view.getUint32(at + 16, true)).toBe(crc32(content));
    at += 46 + nameLength + extras;
    return { name, bytes: content };
  });
}

const entries = [
  { name: "adapter_config.json", bytes: new TextEncoder().encode('{"peft_type": "PREFIX_TUNING"}') },
  { name: "empty", bytes: new Uint8Array() },
  { name: "näme/ü.bin", bytes: Uint8Array.from({ length: 1000 }, (_, index) => index % 251) },
];

/** Of zipfile with ZIP_DEFLATED: a folder, a packed file and a stored one. */
const packedByPython =
  "UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAYWRhcHRlci9QSwMEFAAAAAgAAAAhAHw3oFsNAAAAGAEAABEAAABhZGFwdGVyL25vdGVzLn" +
  "R4dCtITM5OTVEoGKVQKQBQSwMEFAAAAAAAAAAhALMkTpYIAAAACAAAABIAAABhZGFwdGVyL3N0b3JlZC50eHRhcyBpdCBpc1BLAQIUAxQAAAAA" +
  "AAAAIQAAAAAAAAAAAAAAAAAIAAAAAAAAAAAAAACAAQAAAABhZGFwdGVyL1BLAQIUAxQAAAAIAAAAIQB8N6BbDQAAABgBAAARAAAAAAAAAAAAAA" +
  "CAASYAAABhZGFwdGVyL25vdGVzLnR4dFBLAQIUAxQAAAAAAAAAIQCzJE6WCAAAAAgAAAASAAAAAAAAAAAAAACAAWIAAABhZGFwdGVyL3N0b3Jl" +
  "ZC50eHRQSwUGAAAAAAMAAwC1AAAAmgAAAAAA";

describe("an archive", () => {
  it("holds every file unchanged, with its checksum", () => {
    expect(stored(zip(entries))).toEqual(entries);
  });

  it("is read again, whole or in part", () => {
    expect(unzip(zip(entries))).toEqual(entries);
    expect(unzip(zip(entries), (path) => path === "empty").map(({ name }) => name)).toEqual(["empty"]);
  });

  it("may be empty", () => {
    expect(stored(zip([]))).toEqual([]);
    expect(unzip(zip([]))).toEqual([]);
  });

  it("of the same files is the same bytes", () => {
    expect(zip(entries)).toEqual(zip(entries));
  });

  it("that Python wrote, with folders and compression, is read", () => {
    const files = unzip(Buffer.from(packedByPython, "base64")).map(({ name, bytes: content }) => [
      name,
      new TextDecoder().decode(content),
    ]);
    expect(files).toEqual([
      ["adapter/notes.txt", "packed ".repeat(40)],
      ["adapter/stored.txt", "as it is"],
    ]);
  });

  it.each([
    ["no archive", new TextEncoder().encode("<!doctype html><title>404</title>")],
    ["nothing", new Uint8Array()],
    ["half of one", zip(entries).subarray(0, 600)],
  ])("is not %s, which is said", (_, bytes) => {
    expect(() => unzip(bytes)).toThrow(/cannot be unpacked \(invalid zip data\)/);
  });
});
