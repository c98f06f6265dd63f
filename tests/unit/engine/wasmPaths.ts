/** Where Node finds the wasm binaries of TensorFlow.js. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const NAMES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

export const wasmPaths: Readonly<Record<string, string>> = Object.fromEntries(
  NAMES.map((name) => [name, require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`)]),
);
