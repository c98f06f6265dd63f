import { expect, it } from "vitest";
import * as tf from "@tensorflow/tfjs-core";
import { createTfjsExecutor } from "../../../src/engine/tfjs/index.ts";
import { randomParameters, randomStep, shapesOf, SMALL, transformerGraph, updateSettings } from "./transformerGraph.ts";
import { wasmPaths } from "./wasmPaths.ts";
it("speed", async () => {
  const wasm = await createTfjsExecutor("wasm", { wasmUrls: wasmPaths });
  const options = { ...SMALL, layers: 4, width: 128, heads: 4, keyValueHeads: 4, feedForward: 512, vocabulary: 8192, classes: 4, prefix: 16, soft: 0, trainBackbone: process.env.FULL === "1" };
  const graph = transformerGraph(options);
  const store = wasm.createParameters(shapesOf(graph), randomParameters(graph, 1, 0.1));
  const inputs = randomStep(options, Array.from({ length: 16 }, (_, i) => 18 + i).map(x => x > 26 ? 26 : 26), 3);
  const plan = await wasm.compileTraining(graph, store, inputs.counts);
  for (let i = 0; i < 3; i++) plan.step(inputs, updateSettings());
  const times = [];
  for (let i = 0; i < 20; i++) { const s = performance.now(); plan.step(inputs, updateSettings()); times.push(performance.now() - s); await plan.pace(1); }
  times.sort((a, b) => a - b);
  console.log("rows", inputs.counts, "min", times[0], "median", times[10], "max", times[19]);
  const p = await tf.profile(() => { plan.step(inputs, updateSettings()); return tf.scalar(0); });
  const by = new Map<string, [number, number]>();
  for (const k of p.kernels) { const t = (typeof k.kernelTimeMs === "number" ? k.kernelTimeMs : 0); const e = by.get(k.name) ?? [0, 0]; by.set(k.name, [e[0] + t, e[1] + 1]); }
  console.log([...by].sort((a, b) => b[1][0] - a[1][0]).slice(0, 20).map(([n, [t, c]]) => `${n} ${t.toFixed(1)}ms x${c}`).join("\n"));
  const ev = await wasm.compileEvaluation(graph, store, inputs.counts);
  await ev.run(inputs); const s = performance.now(); await ev.run(inputs); console.log("eval", performance.now() - s);
  expect(1).toBe(1);
});
