/** `npm run --silent cli -- …`: bundles src/cli/main.ts when it changed and runs it with the arguments given. */
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requireSupportedNode } from "./nodeVersion.mjs";

requireSupportedNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { ensureNodeModules } = await import("./ensureNodeModules.mjs");
ensureNodeModules(root);
const { loadVulkanLoader } = await import("./softwareVulkan.mjs");
loadVulkanLoader();
const { bundleForNode } = await import("./bundleForNode.mjs");
process.setSourceMapsEnabled(true);
await import(pathToFileURL(await bundleForNode(root, "src/cli/main.ts")).href);
