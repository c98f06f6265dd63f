/** Starts a TensorFlow.js backend. Backends are global there, so every run names its own again (`activate`). */
import {
  enableProdMode,
  findBackendFactory,
  getBackend,
  registerBackend,
  removeBackend,
  setBackend,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import type { DeviceEvent, ExecutorInfo } from "../executor.ts";
import { Device, openDevice } from "../webgpu/device.ts";

export type TfjsBackend = "wasm" | "cpu" | "webgpu";

export interface TfjsOptions {
  /** Addresses or file paths of the three wasm binaries by file name; needed for `wasm`. */
  readonly wasmUrls?: Readonly<Record<string, string>>;
  /** Device to compute on with `webgpu`; it stays open afterwards. Without one the executor opens its own. */
  readonly device?: GPUDevice;
  /** What `device` says of its adapter when it is absent here. */
  readonly adapterInfo?: GPUAdapterInfo;
}

export interface StartedBackend {
  readonly info: ExecutorInfo;
  onEvent(listener: (event: DeviceEvent) => void): () => void;
  close(): void;
}

/** TensorFlow.js' priority of a backend when several are there; the highest wins where none is named. */
const WEBGPU_PRIORITY = 3;

/** Registers what is needed and makes the backend current. Throws when it cannot start. */
export async function startBackend(name: TfjsBackend, options: TfjsOptions): Promise<StartedBackend> {
  enableProdMode();
  switch (name) {
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return startOnHost("cpu");
    case "wasm":
      await nameWasmFiles(options.wasmUrls);
      return startOnHost("wasm");
    case "webgpu":
      return startOnGpu(options);
    default:
      return name satisfies never;
  }
}

/** Makes a started backend the current one, at once. */
export function activate(name: TfjsBackend): void {
  if (getBackend() !== name) void setBackend(name);
}

async function nameWasmFiles(urls: TfjsOptions["wasmUrls"]): Promise<void> {
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  if (urls !== undefined) setWasmPaths(urls);
}

async function startOnHost(name: "wasm" | "cpu"): Promise<StartedBackend> {
  await makeCurrent(name);
  return {
    info: { backend: name, adapter: "CPU", software: false, features: [] },
    onEvent: () => () => undefined,
    close: () => undefined,
  };
}

/** Kernels are registered under the name "webgpu", so the studio's device has to take that name over. */
async function startOnGpu(options: TfjsOptions): Promise<StartedBackend> {
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  const shared = options.device;
  const device =
    shared === undefined
      ? await openDevice(globalThis.navigator?.gpu)
      : borrow(shared, options.adapterInfo ?? shared.adapterInfo);
  const adapterInfo = options.adapterInfo ?? device.gpu.adapterInfo;
  // Made here and not in the factory, whose errors TensorFlow.js swallows.
  const backend = new WebGPUBackend(device.gpu, adapterInfo);
  if (isRegistered("webgpu")) removeBackend("webgpu");
  registerBackend("webgpu", () => backend, WEBGPU_PRIORITY);
  await makeCurrent("webgpu");
  return {
    info: { ...device.info, backend: "tfjs-webgpu" },
    onEvent: (listener) => device.onEvent(listener),
    close: () => {
      removeBackend("webgpu");
      if (shared === undefined) device.close();
    },
  };
}

/** TensorFlow.js returns null or undefined for a name that nobody registered, whatever its types say. */
function isRegistered(name: TfjsBackend): boolean {
  const factory: unknown = findBackendFactory(name);
  return factory !== undefined && factory !== null;
}

function borrow(gpu: GPUDevice, { vendor, architecture, description, isFallbackAdapter }: GPUAdapterInfo): Device {
  return new Device(gpu, {
    backend: "tfjs-webgpu",
    adapter: [vendor, architecture].filter((name) => name !== "").join(" ") || description || "unnamed adapter",
    software: isFallbackAdapter,
    features: [...gpu.features].toSorted(),
  });
}

async function makeCurrent(name: TfjsBackend): Promise<void> {
  if (await setBackend(name)) return;
  throw new Error(
    `TensorFlow.js could not start its ${name} backend. For wasm, see that wasmUrls lead to its .wasm files.`,
  );
}
