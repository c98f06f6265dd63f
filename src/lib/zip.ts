/**
 * Archives of a handful of files: written without compression, because weights do not compress, and read whatever wrote them.
 * The only file that knows fflate.
 */
import { unzipSync, zipSync } from "fflate";

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Noon on the first day that archives can name, so that equal files give equal archives in every time zone. */
const fixedDate = "1980-01-02T12:00:00";

/** The archive's bytes. Equal entries give equal bytes. */
export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const files = Object.fromEntries(entries.map(({ name, bytes }) => [name, bytes]));
  return new Uint8Array(zipSync(files, { level: 0, mtime: fixedDate }));
}

/**
 * The archive's files whose paths are wanted, in its order; the others are not unpacked.
 * @throws when the bytes are no archive, or one that is cut off, split or encrypted
 */
export function unzip(archive: Uint8Array, wanted: (path: string) => boolean = () => true): ZipEntry[] {
  try {
    const files = unzipSync(archive, { filter: ({ name }) => !name.endsWith("/") && wanted(name) });
    return Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`It cannot be unpacked (${reason}). Pack it again without encryption.`, { cause: error });
  }
}
