import { it } from "vitest";
import { appendFileSync } from "node:fs";
import { openExecutor } from "./executors.ts";
import { caseNames, readCase, replayLogits, replayTraining } from "./replay.ts";
import { gradientShares, logitShare, lossShare } from "./tolerances.ts";
it("x", async () => {
  for (const [m, b] of [["tiny-bert", "cpu"],["tiny-bert", "wasm"],["tiny-bert", "webgpu"],["encoder-l4-d128", "wasm"],["encoder-l4-d128", "webgpu"]] as const) {
    const t00 = performance.now(); const executor = await openExecutor(b);
    for (const name of caseNames) {
      const t0 = performance.now();
      const golden = await readCase(m, name);
      const t1 = performance.now();
      const l = await replayLogits(golden, executor);
      const t2 = performance.now();
      const tr = await replayTraining(golden, executor);
      const t3 = performance.now();
      const g = [...gradientShares(golden, tr)].sort((x, y) => y[1] - x[1])[0];
      appendFileSync("/tmp/parity.txt", `${m} ${b} ${name}: logits ${logitShare(l, golden.document).toFixed(4)} gradient ${g?.[1].toFixed(4)} (${g?.[0]}) losses ${lossShare(tr, golden.document).toFixed(4)} | ms read ${(t1 - t0).toFixed(0)} eval ${(t2 - t1).toFixed(0)} train ${(t3 - t2).toFixed(0)}\n`);
    }
    executor.dispose();
  }
}, 300000);
