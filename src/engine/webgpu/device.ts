/**
 * Opens the GPU device: the fastest adapter, limits as high as it offers, optional features. Knows nothing of graphs.
 */
import type { DeviceEvent, ExecutorInfo } from "../executor.ts";
import { DeviceGoneError, WebGpuUnavailableError } from "./errors.ts";

const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
] as const;

const OPTIONAL_FEATURES = ["timestamp-query", "shader-f16", "subgroups"] as const;

const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|software|basic render/iu;

/** An open device with its events. */
export class Device {
  readonly gpu: GPUDevice;
  readonly info: ExecutorInfo;
  /** Largest range one binding may cover, in bytes. */
  readonly bindingBytes: number;
  readonly #listeners = new Set<(event: DeviceEvent) => void>();
  #gone: string | undefined;

  constructor(gpu: GPUDevice, info: ExecutorInfo, mostBindingBytes = Infinity) {
    const { maxStorageBufferBindingSize, maxBufferSize } = gpu.limits;
    this.gpu = gpu;
    this.info = info;
    this.bindingBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize, mostBindingBytes);
    gpu.addEventListener("uncapturederror", (event) => this.#emit({ kind: "error", message: event.error.message }));
    void gpu.lost.then(({ reason, message }) => this.#lose(reason, message));
  }

  /** Calls back on loss and on errors nobody awaited. Returns the unsubscribe function. */
  onEvent(listener: (event: DeviceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws DeviceGoneError when the device was lost or closed. */
  assertUsable(): void {
    if (this.#gone !== undefined) throw new DeviceGoneError(this.#gone);
  }

  /** Gives the device back; a later use throws. */
  close(): void {
    this.#gone ??= "The executor was disposed. Create a new one.";
    this.gpu.destroy();
  }

  #lose(reason: string, message: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = `The GPU device was lost (${reason}): ${message} Create a new executor and restore the last checkpoint.`;
    this.#emit({ kind: "lost", reason, message });
  }

  #emit(event: DeviceEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/**
 * Opens the high-performance adapter's device. `mostBindingBytes` lowers the limit of its bindings.
 * @throws WebGpuUnavailableError with the cause.
 */
export async function openDevice(gpu: GPU | undefined, mostBindingBytes = Infinity): Promise<Device> {
  if (gpu === undefined) throw new WebGpuUnavailableError({ kind: "no-gpu" });
  let refusal = "";
  for (const attempt of [raisedDescriptor, plainDescriptor, defaultDescriptor]) {
    // A refused request may use an adapter up, so every attempt asks for its own.
    const adapter = await requestAdapter(gpu);
    try {
      const device = await adapter.requestDevice(attempt(adapter));
      return new Device(device, describeAdapter(adapter, device), mostBindingBytes);
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
    }
  }
  throw new WebGpuUnavailableError({ kind: "device-refused", message: refusal });
}

async function requestAdapter(gpu: GPU): Promise<GPUAdapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new WebGpuUnavailableError({ kind: "no-adapter" });
  return adapter;
}

function raisedDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED_LIMITS) requiredLimits[name] = adapter.limits[name];
  return { ...plainDescriptor(adapter), requiredLimits };
}

function plainDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  const requiredFeatures = OPTIONAL_FEATURES.filter((feature) => adapter.features.has(feature));
  return { ...defaultDescriptor(), requiredFeatures };
}

function defaultDescriptor(): GPUDeviceDescriptor {
  return { label: "softprompt studio" };
}

function describeAdapter(adapter: GPUAdapter, device: GPUDevice): ExecutorInfo {
  const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info;
  const names = [vendor, architecture, model, description].filter((name) => name !== "");
  return {
    backend: "webgpu",
    adapter: [vendor, architecture].filter((name) => name !== "").join(" ") || description || "unnamed adapter",
    software: isFallbackAdapter || SOFTWARE_NAMES.test(names.join(" ")),
    features: [...device.features].toSorted(),
  };
}
