/**
 * Tells whether something built earlier still matches its sources, by names, sizes and modification times.
 * Not a content hash: touching a file rebuilds, which is harmless.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} path file or folder; one that does not exist contributes nothing
 * @returns {string[]} every file at or below the path, sorted by name
 */
function listFiles(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

/**
 * @param {string} root folder that the paths are relative to
 * @param {string[]} paths files and folders that the result depends on
 * @returns {string} 16 hexadecimal digits
 */
export function fingerprint(root, paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => listFiles(join(root, path)))) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}
