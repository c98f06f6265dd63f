/** Builds the page into dist, and remembers which sources dist was built from. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "./fingerprint.mjs";

const SOURCES = ["src", "public", "index.html", "vite.config.ts", "tsconfig.json", "package.json", "package-lock.json"];

/** @param {string} root @returns {string} the file that holds the fingerprint of the sources that dist was built from */
const stampFile = (root) => join(root, ".cache", "site.fingerprint");

/**
 * Builds dist.
 * @param {string} root folder of package.json
 */
export async function buildSite(root) {
  const { build } = await import("vite");
  const current = fingerprint(root, SOURCES);
  const mode = process.env["NODE_ENV"];
  // Vitest says "test" here, and Vite would then build React's development version.
  process.env["NODE_ENV"] = "production";
  await build({ root, logLevel: "warn" });
  process.env["NODE_ENV"] = mode ?? "production";
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(stampFile(root), current);
}

/**
 * Builds dist unless it is already the build of the present sources.
 * @param {string} root folder of package.json
 * @returns {Promise<string>} the folder of the built site
 */
export async function ensureSite(root) {
  const dist = join(root, "dist");
  const stamp = stampFile(root);
  const isBuilt = existsSync(join(dist, "index.html")) && existsSync(stamp);
  if (isBuilt && readFileSync(stamp, "utf8") === fingerprint(root, SOURCES)) return dist;
  console.error("Building the site (vite build), because its sources changed.");
  await buildSite(root);
  return dist;
}
