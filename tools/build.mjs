/** `npm run build`: installs what is missing and builds the site into dist. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSupportedNode } from "./nodeVersion.mjs";

requireSupportedNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { ensureNodeModules } = await import("./ensureNodeModules.mjs");
ensureNodeModules(root);
const { buildSite } = await import("./buildSite.mjs");
await buildSite(root);
console.log(`Built ${join(root, "dist")}. See docs/hosting.md for how to serve it.`);
