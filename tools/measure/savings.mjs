/** `node tools/measure/savings.mjs [--backend webgpu|wasm|cpu] [--layers 4] [--width 128] [--steps 20] [--case NAME]`: what each exact saving is worth. */
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { loadVulkanLoader } = await import("../softwareVulkan.mjs");
loadVulkanLoader();
const { bundleForNode } = await import("../bundleForNode.mjs");
await import(pathToFileURL(await bundleForNode(root, "tools/measure/savings.ts")).href);
