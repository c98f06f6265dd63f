/**
 * Some tests read large inputs (models, corpora, data sets) from an optional folder named `shared` beside the
 * repository. Where it is absent they are skipped, and say so: a silent skip would look like a pass.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const SHARED_FOLDER = fileURLToPath(new URL("../../../shared/", import.meta.url));

/** @param path inside the shared folder, for example "models/encoder-l4-d128" */
export function sharedPath(path: string): string {
  return join(SHARED_FOLDER, path);
}

/**
 * A `describe` that runs only where its condition holds and prints why it does not.
 * @param reason undefined to run; otherwise what is missing and how to provide it
 */
export function describeUnless(reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) {
    describe(name, body);
    return;
  }
  console.warn(`SKIPPED: ${name}: ${reason}`);
  describe.skip(name, body);
}

/**
 * A `describe` whose tests need files of the shared folder.
 * @param needed paths inside the shared folder; all must exist
 */
export function describeWithShared(name: string, body: () => void, needed: readonly string[] = [""]): void {
  const missing = needed.find((path) => !existsSync(sharedPath(path)));
  const reason = missing === undefined ? undefined : `needs "shared/${missing}" beside the repository`;
  describeUnless(reason, name, body);
}
