/**
 * Chooses the adapter by name, in Node through Dawn: Chromium's SwiftShader, Mesa's lavapipe, Dawn's null backend (which
 * compiles and encodes but runs nothing), or whatever GPU the machine has.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findSwiftShader } from "../tools/ensureChromium.mjs";
import { loadVulkanLoader } from "../tools/softwareVulkan.mjs";

export const adapterNames = ["swiftshader", "lavapipe", "null", "hardware"] as const;
export type AdapterName = (typeof adapterNames)[number];

const driverFolders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
const driverVariables = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] as const;
const softwareNames = /swiftshader|llvmpipe|lavapipe|software/iu;

export interface OpenedAdapter {
  readonly gpu: GPU;
  /** As the driver tells it. */
  readonly description: string;
}

/** Else Dawn rounds timestamps to 65 µs, against attacks from web pages; a kernel on a GPU takes less than that. */
const exactTimestamps = "disable-dawn-features=timestamp_quantization";

/** Dawn ends the process when the object it returned is collected; this reference keeps it alive. */
let kept: OpenedAdapter | undefined;

/**
 * Makes the adapter the `navigator.gpu` of this process. Drivers are chosen once per process.
 * @throws when the driver is not installed, or `hardware` finds only a software adapter
 */
export async function openAdapter(name: AdapterName): Promise<OpenedAdapter> {
  if (kept !== undefined) throw new Error("Dawn chooses its driver once; start another process for another adapter.");
  chooseDriver(name);
  loadVulkanLoader();
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create(name === "null" ? ["backend=null"] : [exactTimestamps]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "Node.js" }, configurable: true });
  kept = { gpu, description: await describe(gpu, name) };
  return kept;
}

function chooseDriver(name: AdapterName): void {
  switch (name) {
    case "swiftshader":
      return setDriver(findSwiftShader(), "SwiftShader comes with Chromium; install it or set CHROMIUM_PATH.");
    case "lavapipe":
      return setDriver(findDriver(/^lvp_icd.*\.json$/u), "lavapipe comes with Mesa's Vulkan drivers; install them.");
    case "null":
    case "hardware":
      return;
    default:
      return name satisfies never;
  }
}

function setDriver(manifest: string | undefined, advice: string): void {
  if (manifest === undefined) throw new Error(`The driver was not found. ${advice}`);
  for (const variable of driverVariables) process.env[variable] = manifest;
}

function findDriver(pattern: RegExp): string | undefined {
  return driverFolders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => pattern.test(file))
        .map((file) => join(folder, file)),
    )
    .at(0);
}

async function describe(gpu: GPU, name: AdapterName): Promise<string> {
  if (name === "null") return "Dawn null backend";
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null)
    throw new Error(`Dawn found no adapter for "${name}"; see that its Vulkan driver is installed.`);
  const { vendor, architecture, device, description } = adapter.info;
  const text = description || [vendor, architecture, device].filter((part) => part !== "").join(" ");
  if (name === "hardware" && (adapter.info.isFallbackAdapter || softwareNames.test(text))) {
    throw new Error(
      `Expected a hardware GPU, but Dawn offers only "${text}". Name it: --adapter swiftshader or lavapipe.`,
    );
  }
  return text;
}
