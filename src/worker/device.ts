/** Opens the fastest executor this browser offers and says why, when it is not WebGPU. */
import type { BackendChoice } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { createWebGpuExecutor, WebGpuUnavailableError } from "../engine/webgpu/index.ts";
import type { DeviceReport, FallbackReason } from "./protocol.ts";
import { tuningFor } from "./tuning.ts";

export interface OpenedDevice {
  readonly executor: Executor;
  readonly report: DeviceReport;
}

/**
 * `auto` tries WebGPU, then TensorFlow.js on wasm, then on plain JavaScript. Any other choice is tried alone. `address` is
 * the page's, which may switch tuning on or off.
 */
export async function openDevice(choice: BackendChoice, address: string): Promise<OpenedDevice> {
  switch (choice) {
    case "auto":
      try {
        return opened(await openWebGpu(address));
      } catch (error) {
        return opened(await openWasmOrCpu(), reasonOf(error));
      }
    case "webgpu":
      return opened(await openWebGpu(address));
    case "tfjs-webgpu":
      return opened(await openTfjs("webgpu"), { kind: "chosen" });
    case "wasm":
    case "cpu":
      return opened(await openTfjs(choice), { kind: "chosen" });
    default:
      return choice satisfies never;
  }
}

function openWebGpu(address: string): Promise<Executor> {
  const gpu: GPU | undefined = navigator.gpu;
  if (gpu === undefined) throw new WebGpuUnavailableError({ kind: "no-gpu" });
  return createWebGpuExecutor(gpu, { tuning: tuningFor(address) });
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
