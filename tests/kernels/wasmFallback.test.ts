/**
 * A browser whose wasm files are not found gets an error it can catch, and cpu still starts. Here and not among the unit tests,
 * which share processes: a wasm backend that has started once stays.
 */
import { expect, it } from "vitest";
import { createTfjsExecutor } from "../../src/engine/tfjs/index.ts";
import { wasmPaths } from "../unit/engine/wasmPaths.ts";

it("fails to start wasm without its files, then starts cpu", async () => {
  const nowhere = Object.fromEntries(Object.keys(wasmPaths).map((name) => [name, `/nowhere/${name}`]));
  await expect(createTfjsExecutor("wasm", { wasmUrls: nowhere })).rejects.toThrow(/could not start its wasm backend/);
  const cpu = await createTfjsExecutor("cpu");
  expect(cpu.info.backend).toBe("cpu");
  const store = cpu.createParameters([{ name: "w", rows: 1, width: 2 }], new Map([["w", Float32Array.of(1, 2)]]));
  expect(cpu.allocatedBytes()).toBe(8);
  store.dispose();
  expect(cpu.allocatedBytes()).toBe(0);
});
