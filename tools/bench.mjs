/** `npm run --silent bench -- …`: bundles bench/main.ts when it changed and runs it with the arguments given. */
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requireSupportedNode } from "./nodeVersion.mjs";

requireSupportedNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { ensureNodeModules } = await import("./ensureNodeModules.mjs");
ensureNodeModules(root);
const { bundleForNode } = await import("./bundleForNode.mjs");
process.setSourceMapsEnabled(true);
await import(pathToFileURL(await bundleForNode(root, "bench/main.ts")).href);
