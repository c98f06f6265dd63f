/**
 * Build, development server and test projects.
 * Not the place for runtime settings: those live in src/config. Everything is served from the page's own folder
 * (base "./"), so that the built site works on any static host and below any path.
 */
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import packageJson from "./package.json" with { type: "json" };

/** Bundled together ahead of time, so that the page, the worker and the tests each see one copy of TensorFlow.js. */
const TFJS_MODULES = [
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-core/dist/register_all_gradients",
  "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops",
  "@tensorflow/tfjs-backend-cpu",
  "@tensorflow/tfjs-backend-wasm",
  "@tensorflow/tfjs-backend-webgpu",
];

/** Its packages name a CommonJS file for Node beside the ES modules; mixing the two would give two of everything. */
const TFJS_AS_MODULES = { find: /^(@tensorflow\/tfjs-[a-z-]+)$/, replacement: "$1/dist/index.js" };

/** Node cannot load its ES modules by itself: their imports lack file extensions. */
const BUNDLED_FOR_NODE = [/@tensorflow\//];

/** The wasm backend of TensorFlow.js expects these names of CommonJS, which an ES module must define for itself. */
const COMMONJS_NAMES = "const __filename = import.meta.filename, __dirname = import.meta.dirname;";

/** In the page `import url from "x.wasm?url"` is an address; in Node (command line, tests) it must be the file's path. */
const wasmPathInNode: Plugin = {
  name: "wasm-path-in-node",
  enforce: "pre",
  load(id) {
    const isForNode = this.environment.config.consumer === "server";
    return isForNode && id.endsWith(".wasm?url") ? `export default ${JSON.stringify(id.replace("?url", ""))};` : null;
  },
};

export default defineConfig(({ isSsrBuild }) => ({
  base: "./",
  plugins: [react(), wasmPathInNode],
  resolve: { alias: [TFJS_AS_MODULES] },
  define: { __APP_VERSION__: JSON.stringify(packageJson.version) },
  // The worker is split like the page: TensorFlow.js and transformers.js load only when something imports them.
  worker: { format: "es" },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 1500,
    rolldownOptions: isSsrBuild ? { output: { intro: COMMONJS_NAMES } } : {},
  },
  optimizeDeps: { include: TFJS_MODULES },
  ssr: { noExternal: BUNDLED_FOR_NODE },
  test: {
    pool: "forks",
    maxWorkers: 2,
    server: { deps: { inline: BUNDLED_FOR_NODE } },
    deps: {
      optimizer: {
        ssr: { enabled: true, include: TFJS_MODULES, rolldownOptions: { output: { intro: COMMONJS_NAMES } } },
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.{ts,tsx}"],
          // They clean up after themselves; loading the same modules for each file anew would take as long as all tests.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "kernels",
          include: ["tests/kernels/**/*.test.ts", "tests/parity/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          globalSetup: ["tests/setup/requireBuild.ts"],
          fileParallelism: false,
          // What a file, a worker or a click brings about takes its time on a busy machine.
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
}));
