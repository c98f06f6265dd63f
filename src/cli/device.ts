/** Opens an executor in Node: Dawn's WebGPU, or TensorFlow.js where no adapter is found. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BackendChoice } from "../config/experiment.ts";
import type { Executor } from "../engine/executor.ts";
import { createWebGpuExecutor, WebGpuUnavailableError } from "../engine/webgpu/index.ts";

/** Dawn ends the process when the object it returned is collected; this reference keeps it alive. */
let keptGpu: GPU | undefined;

/** `auto` prefers WebGPU and falls back to wasm; any other choice is taken as it is. */
export async function openExecutor(choice: BackendChoice): Promise<Executor> {
  switch (choice) {
    case "auto":
      try {
        return await openWebGpu();
      } catch (error) {
        if (!(error instanceof WebGpuUnavailableError)) throw error;
        process.stderr.write(`${error.message} Using TensorFlow.js on wasm.\n`);
        return openTfjs("wasm");
      }
    case "webgpu":
      return openWebGpu();
    case "tfjs-webgpu":
      Object.defineProperty(globalThis.navigator, "gpu", { value: await dawn(), configurable: true });
      return openTfjs("webgpu");
    case "wasm":
    case "cpu":
      return openTfjs(choice);
    default:
      return choice satisfies never;
  }
}

export interface ReopeningDevice {
  /** The open executor, or after a lost device a new one. */
  current(): Promise<Executor>;
}

export function reopeningDevice(backend: BackendChoice): ReopeningDevice {
  let opened: Promise<Executor> | undefined;
  return {
    current() {
      opened ??= openExecutor(backend).then((executor) => {
        executor.onEvent(({ kind }) => {
          if (kind === "lost") opened = undefined;
        });
        return executor;
      });
      return opened;
    },
  };
}

async function dawn(): Promise<GPU> {
  if (keptGpu !== undefined) return keptGpu;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  keptGpu = create([]);
  return keptGpu;
}

async function openWebGpu(): Promise<Executor> {
  return createWebGpuExecutor(await dawn());
}

async function openTfjs(backend: "wasm" | "cpu" | "webgpu"): Promise<Executor> {
  const { createTfjsExecutor } = await import("../engine/tfjs/index.ts");
  const require = createRequire(join(process.cwd(), "package.json"));
  const folder = dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"));
  const files = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
  return createTfjsExecutor(backend, {
    wasmUrls: Object.fromEntries(files.map((file) => [file, join(folder, "dist", file)])),
  });
}
