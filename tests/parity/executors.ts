/** The executors that parity is measured on, opened in Node: TensorFlow.js on wasm or plain JavaScript, WebGPU through Dawn. */
import { fileURLToPath } from "node:url";
import type { BackendName, Executor } from "../../src/engine/executor.ts";
import { createTfjsExecutor } from "../../src/engine/tfjs/index.ts";
import { createWebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { openDawn } from "../setup/dawn.ts";

export type TestedBackend = Exclude<BackendName, "tfjs-webgpu">;

const wasmFolder = new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url);
const wasmFiles = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

/** A fresh executor; dispose it. */
export async function openExecutor(backend: TestedBackend): Promise<Executor> {
  switch (backend) {
    case "cpu":
      return createTfjsExecutor("cpu");
    case "wasm": {
      const wasmUrls = Object.fromEntries(wasmFiles.map((file) => [file, fileURLToPath(new URL(file, wasmFolder))]));
      return createTfjsExecutor("wasm", { wasmUrls });
    }
    case "webgpu":
      return createWebGpuExecutor(await openDawn());
    default:
      return backend satisfies never;
  }
}
