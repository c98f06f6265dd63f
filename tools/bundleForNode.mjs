/**
 * Bundles one TypeScript entry for Node with Vite, so that the command line runs the very modules the page runs,
 * raw shader imports and `import.meta.glob` included. An unchanged bundle is reused, which makes the second start quick.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fingerprint } from "./fingerprint.mjs";

const SOURCES = ["src", "vite.config.ts", "tsconfig.json", "package-lock.json"];
const KEEP_MILLISECONDS = 60 * 60 * 1000;

/**
 * Removes bundles of former sources, except recent ones that a process may still be reading.
 * @param {string} folder
 */
function removeOldBundles(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > KEEP_MILLISECONDS) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * @param {string} root folder of package.json
 * @param {string} entry for example "src/cli/main.ts"
 * @returns {Promise<string>} the file to import
 */
export async function bundleForNode(root, entry) {
  const name = basename(entry).replace(/\.tsx?$/, "");
  const cache = join(root, ".cache", "node");
  const folder = join(cache, fingerprint(root, [...SOURCES, dirname(entry)]));
  const file = join(folder, `${name}.mjs`);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  removeOldBundles(cache);
  // Built aside and moved into place, because two commands may start at the same time.
  const partial = `${folder}.${process.pid}`;
  await bundle(root, entry, name, partial);
  try {
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true });
    if (!existsSync(file)) throw error;
  }
  return file;
}

/**
 * @param {string} root
 * @param {string} entry
 * @param {string} name of the output file
 * @param {string} outDir
 */
async function bundle(root, entry, name, outDir) {
  const { build } = await import("vite");
  await build({
    root,
    logLevel: "error",
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      copyPublicDir: false,
      minify: false,
      sourcemap: true,
      target: "node20",
      rolldownOptions: {
        input: { [name]: join(root, entry) },
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
}
