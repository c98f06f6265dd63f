/** Opens the fastest executor this browser offers and says why, when it is not WebGPU. */
import type { BackendChoice } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { createWebGpuExecutor, WebGpuUnavailableError } from "../engine/webgpu/index.ts";
import type { DeviceReport, FallbackReason } from "./protocol.ts";

export interface OpenedDevice {
  readonly executor: Executor;
  readonly report: DeviceReport;
}

/** `auto` tries WebGPU, then TensorFlow.js on wasm, then on plain JavaScript. Any other choice is tried alone. */
export async function openDevice(choice: BackendChoice): Promise<OpenedDevice> {
  switch (choice) {
    case "auto":
      try {
        return opened(await openWebGpu());
      } catch (error) {
        return opened(await openWasmOrCpu(), reasonOf(error));
      }
    case "webgpu":
      return opened(await openWebGpu());
    case "tfjs-webgpu":
      return opened(await openTfjs("webgpu"), { kind: "chosen" });
    case "wasm":
    case "cpu":
      return opened(await openTfjs(choice), { kind: "chosen" });
    default:
      return choice satisfies never;
  }
}

function openWebGpu(): Promise<Executor> {
  const gpu: GPU | undefined = navigator.gpu;
  if (gpu === undefined) throw new WebGpuUnavailableError({ kind: "no-gpu" });
  return createWebGpuExecutor(gpu);
}

async function openWasmOrCpu(): Promise<Executor> {
  try {
    return await openTfjs("wasm");
  } catch {
    return openTfjs("cpu");
  }
}

/** TensorFlow.js and its wasm files are fetched only here, when they are used. */
async function openTfjs(backend: "wasm" | "cpu" | "webgpu"): Promise<Executor> {
  const [{ createTfjsExecutor }, { wasmUrls }] = await Promise.all([
    import("../engine/tfjs/index.ts"),
    import("../engine/tfjs/wasmFiles.ts"),
  ]);
  return createTfjsExecutor(backend, { wasmUrls });
}

function opened(executor: Executor, fallback?: FallbackReason): OpenedDevice {
  return { executor, report: { ...executor.info, ...(fallback === undefined ? {} : { fallback }) } };
}

function reasonOf(error: unknown): FallbackReason {
  if (!globalThis.isSecureContext) return { kind: "insecure-context" };
  if (error instanceof WebGpuUnavailableError) {
    return error.cause.kind === "no-gpu" ? { kind: "no-webgpu" } : error.cause;
  }
  return { kind: "device-refused", message: error instanceof Error ? error.message : String(error) };
}
