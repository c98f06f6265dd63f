/**
 * Compiles every .wgsl file below src with all sets of constants it is used with, on Dawn's null backend, which runs
 * nothing. Prints errors by file and line and ends with a non-zero code after one, with the number of pipelines otherwise.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runnerImport } from "vite";
import { loadVulkanLoader } from "./softwareVulkan.mjs";
import type { ShaderUse } from "./shaderUses.ts";

const SOURCE = "src";

/** Shader files below a folder. */
function shaderFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".wgsl")).map((name) => join(folder, name));
}

/** Messages of severity `error`, as `file:line:column message`. */
async function syntaxErrors(module: GPUShaderModule, file: string): Promise<string[]> {
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  return errors.map(({ lineNum, linePos, message }) => `${file}:${lineNum}:${linePos} ${message}`);
}

async function compile(
  device: GPUDevice,
  file: string,
  code: string,
  constants: Readonly<Record<string, number>>,
): Promise<string[]> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: file, code });
  await device.popErrorScope();
  const errors = await syntaxErrors(module, file);
  if (errors.length > 0) return errors;
  try {
    await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main", constants } });
    return [];
  } catch (error) {
    return [`${file} with ${JSON.stringify(constants)}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function openNullDevice(gpu: GPU): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("Dawn's null backend offers no adapter.");
  const requiredFeatures = (["subgroups", "shader-f16"] as const).filter((feature) => adapter.features.has(feature));
  return adapter.requestDevice({ requiredFeatures });
}

loadVulkanLoader();
const { create } = await import("webgpu");
const { module } = await runnerImport<{ shaderUses(): ShaderUse[] }>("./tools/shaderUses.ts", {
  configFile: false,
  logLevel: "error",
});
const uses = module.shaderUses();
/** Dawn ends the process when the object it returned is collected; an export is never collected. */
export const keptGpu = create(["backend=null"]);
const device = await openNullDevice(keptGpu);
const errors: string[] = [];
let compiled = 0;
for (const file of shaderFiles(SOURCE)) {
  // Some kernels replace a number in what they share, so its opening line stands for the whole.
  const [opening = ""] = readFileSync(file, "utf8").split("\n");
  const own = uses.filter((use) => use.file === basename(file, ".wgsl"));
  if (!uses.some(({ kernel }) => kernel.code.includes(opening))) errors.push(`${file}: no kernel is made of it.`);
  for (const { kernel, constants } of own) {
    errors.push(...(await compile(device, file, kernel.code, constants)));
    compiled++;
  }
}
for (const error of errors) console.error(error);
console.log(`${shaderFiles(SOURCE).length} shaders, ${compiled} pipelines, ${errors.length} errors`);
device.destroy();
process.exitCode = errors.length === 0 ? 0 : 1;
