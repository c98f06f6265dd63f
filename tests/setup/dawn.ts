/**
 * WebGPU for tests in Node, through Dawn. Unless VK_ICD_FILENAMES names a Vulkan driver, the one used is Chromium's
 * SwiftShader, so that every machine computes on the same software GPU.
 */
import { chooseSoftwareVulkan } from "../../tools/softwareVulkan.mjs";

/** Dawn ends the process when the object it returned is collected; this reference keeps it alive. */
let keptGpu: GPU | undefined;

/** Dawn's GPU object, the counterpart of `navigator.gpu`; also defines GPUBufferUsage and the other WebGPU globals. */
export async function openDawn(): Promise<GPU> {
  if (keptGpu !== undefined) return keptGpu;
  chooseSoftwareVulkan();
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  keptGpu = create([]);
  return keptGpu;
}

let keptNullGpu: GPU | undefined;

/** Dawn without a driver: compiles shaders, checks every call and runs nothing. For counts and for what a call costs. */
export async function openNullDawn(): Promise<GPU> {
  if (keptNullGpu !== undefined) return keptNullGpu;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  keptNullGpu = create(["backend=null"]);
  return keptNullGpu;
}

/** Makes Dawn the `navigator.gpu` of this process, for libraries that look there (TensorFlow.js does). */
export async function installNavigatorGpu(): Promise<GPU> {
  const gpu = await openDawn();
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "Node.js" }, configurable: true });
  return gpu;
}

/**
 * The adapter of the software GPU.
 * @throws when Dawn finds no adapter, which is a failure of the machine's set-up and not a reason to skip
 */
export async function requestDawnAdapter(): Promise<GPUAdapter> {
  const gpu = await openDawn();
  const adapter = await gpu.requestAdapter();
  if (adapter !== null) return adapter;
  throw new Error(
    `Dawn found no Vulkan adapter (VK_ICD_FILENAMES=${process.env["VK_ICD_FILENAMES"] ?? "not set"}). ` +
      "Install Chromium, whose SwiftShader the tests use, or point VK_ICD_FILENAMES at a Vulkan driver's manifest.",
  );
}
