/** Reads a .zip archive with the system-independent minimum: the central directory, and files stored or deflated. */
import { inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;

/** Contents by name, as any unzip program would see them. @throws when the bytes are no archive. */
export function unzip(archive: Buffer): Map<string, Uint8Array> {
  const end = archive.lastIndexOf(Uint8Array.of(0x50, 0x4b, 0x05, 0x06));
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_DIRECTORY)
    throw new Error("Expected a zip archive; it has no directory.");
  const files = new Map<string, Uint8Array>();
  let entry = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(entry) !== DIRECTORY_ENTRY)
      throw new Error(`Expected a directory entry at byte ${entry}.`);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((at) => archive.readUInt16LE(entry + at)) as [
      number,
      number,
      number,
    ];
    const name = archive.toString("utf8", entry + 46, entry + 46 + nameBytes);
    files.set(name, contentOf(archive, entry));
    entry += 46 + nameBytes + extraBytes + commentBytes;
  }
  return files;
}

function contentOf(archive: Buffer, entry: number): Uint8Array {
  const local = archive.readUInt32LE(entry + 42);
  const start = local + LOCAL_HEADER_BYTES + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + archive.readUInt32LE(entry + 20));
  return Uint8Array.from(archive.readUInt16LE(entry + 10) === STORED ? packed : inflateRawSync(packed));
}
