import { it } from "vitest";
import { openDawn } from "../setup/dawn.ts";
import { openDevice } from "../../src/engine/webgpu/device.ts";
import { Memory } from "../../src/engine/webgpu/memory.ts";
import { Pipelines } from "../../src/engine/webgpu/pipelines.ts";
import { WebGpuParameters } from "../../src/engine/webgpu/parameters.ts";
import { compileGraph } from "../../src/engine/webgpu/compile.ts";
import { encoderProblem } from "./encoder.ts";
it("profile", async () => {
  const device = await openDevice(await openDawn());
  for (const matmul of (process.env["MM"] ?? "subgroups").split(",") as never[]) {
    const runtime = {
      device,
      memory: new Memory(device.gpu),
      pipelines: new Pipelines(device.gpu),
      matmul,
      poison: false,
      submitMilliseconds: 0,
    };
    const problem = encoderProblem({
      layers: 4,
      width: 128,
      heads: 4,
      feedForward: 512,
      promptLength: 16,
      lengths: Array(16).fill(26),
      classes: 2,
    });
    const graph = problem.graph;
    const parameters = new WebGpuParameters(runtime, problem.shapes, problem.parameters);
    let t = process.cpuUsage();
    let w = performance.now();
    const compiled = await compileGraph(runtime, {
      label: "p",
      nodes: graph.nodes,
      parameters,
      capacities: problem.counts,
      kept: new Set(),
      gradients: graph.gradients,
      tail: [],
      settingsWords: 0,
    });
    let u = process.cpuUsage(t);
    console.log(
      matmul,
      "compile cpu",
      (u.user + u.system) / 1000,
      "wall",
      performance.now() - w,
      "pipelines",
      runtime.pipelines.size,
    );
    compiled.program.pack(problem.step);
    compiled.program.upload();
    for (const round of ["first", "second"]) {
      const by = new Map<string, [number, number]>();
      let all = 0;
      for (let i = 0; i < compiled.dispatches.length; i++) {
        t = process.cpuUsage();
        const e = device.gpu.createCommandEncoder();
        compiled.program.encode(e, i, i + 1);
        device.gpu.queue.submit([e.finish()]);
        await device.gpu.queue.onSubmittedWorkDone();
        u = process.cpuUsage(t);
        const ms = (u.user + u.system) / 1000;
        all += ms;
        const key = compiled.dispatches[i]!.kernel.name;
        const old = by.get(key) ?? [0, 0];
        by.set(key, [old[0] + ms, old[1] + 1]);
      }
      console.log(
        matmul,
        round,
        "cpu ms",
        all.toFixed(0),
        [...by]
          .toSorted((a, b) => b[1][0] - a[1][0])
          .slice(0, 9)
          .map(([k, [ms, n]]) => `${k} ${ms.toFixed(0)}/${n}`)
          .join("  "),
      );
    }
    compiled.dispose();
    parameters.dispose();
  }
});
