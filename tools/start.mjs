/**
 * `npm start`: installs and builds what is missing or out of date, serves the site and opens it.
 * Options after `--`: --port N (default 4173, the next free one when busy), --host (reachable from the local network),
 * --no-open.
 */
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSupportedNode } from "./nodeVersion.mjs";

const DEFAULT_PORT = 4173;

requireSupportedNode();

/** @returns {Promise<{ port: number, isPublic: boolean, open: boolean }>} */
async function readOptions() {
  // Not a static import: versions too old to have it should reach the explanation above.
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    options: { port: { type: "string" }, host: { type: "boolean" }, "no-open": { type: "boolean" } },
  });
  const port = Number(values.port ?? process.env["PORT"] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port expects a whole number from 0 to 65535, got "${values.port ?? process.env["PORT"]}".`);
  }
  return { port, isPublic: values.host ?? false, open: !values["no-open"] };
}

/** @returns {string[]} this machine's addresses in the local network */
function localAddresses() {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === "IPv4" && !address.internal)
    .map((address) => address.address);
}

/** @param {number} port */
function printNetworkAddresses(port) {
  for (const address of localAddresses()) console.log(`  In the local network: http://${address}:${port}/`);
  console.log("  Browsers offer WebGPU only on localhost and https; over plain http the slower fallback runs.");
}

async function main() {
  const options = await readOptions();
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { ensureNodeModules } = await import("./ensureNodeModules.mjs");
  ensureNodeModules(root);
  const { ensureSite } = await import("./buildSite.mjs");
  const { serveFolder } = await import("./serveFolder.mjs");
  const folder = await ensureSite(root);
  const host = options.isPublic ? "0.0.0.0" : "127.0.0.1";
  const { port, url } = await serveFolder({ folder, port: options.port, host });
  console.log(`Softprompt Studio is running at ${url} (stop it with Ctrl+C)`);
  if (options.isPublic) printNetworkAddresses(port);
  const { openBrowser } = await import("./openBrowser.mjs");
  if (options.open) openBrowser(url);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
