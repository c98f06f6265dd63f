/** A real trained GPT-2 (llm-viz's gpt-nano, which sorts six digits) gives the logits its authors recorded. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { readSafetensors } from "../../src/interop/safetensors.ts";
import type { FamilyModel } from "../../src/models/family.ts";
import { configureModel } from "../../src/models/index.ts";
import { matchWeights } from "../../src/models/loadModel.ts";
import { packSequences, spaces } from "../../src/models/packing.ts";
import { describeWithShared, sharedPath } from "../setup/shared.ts";
import { openExecutor } from "./executors.ts";
import { largestDifference } from "./tolerances.ts";

const folder = "weights/gpt-nano-sort";
const fileNames = ["config.json", "model.safetensors", "expected.json"].map((name) => `${folder}/${name}`);

const expectedSchema = z.object({
  input_ids: z.array(z.array(z.int())),
  logits: z.array(z.array(z.array(z.number()))),
});

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(sharedPath(`${folder}/${name}`), "utf8"));
}

/** Logits of every row of every sequence, through the model's own decoder. */
async function logitsOf(executor: Executor, model: FamilyModel, ids: readonly number[][]): Promise<Float32Array> {
  const { weights, unexpected } = matchWeights(
    model,
    readSafetensors(readFileSync(sharedPath(`${folder}/model.safetensors`))),
  );
  expect(unexpected).toEqual([]);
  const builder = new Builder();
  const sequences = builder.rowSpace(spaces.sequences);
  const tokens = builder.segments(builder.rowSpace(spaces.tokens), sequences);
  const { features, decoder } = model.forward(builder, { rows: { tokens, needed: tokens }, hooks: {} }).languageModel();
  builder.output("logits", matmul(builder, features, decoder, { transposeB: true }));
  const inputs = packSequences(
    ids.map((own) => ({
      encoding: { ids: Int32Array.from(own), types: new Int32Array(own.length), truncated: false },
      needed: Int32Array.from(own.keys()),
    })),
    { promptRows: 0, promptStart: 0, positionOffset: 0, pooledRow: 0 },
  );
  const store = executor.createParameters([...model.weights, ...model.languageModelWeights], weights);
  const plan = await executor.compileEvaluation(builder.finish(), store, inputs.counts);
  const logits = (await plan.run(inputs)).get("logits") ?? new Float32Array();
  plan.dispose();
  store.dispose();
  return logits;
}

describeWithShared(
  "gpt-nano-sort",
  () => {
    describe.each(["cpu", "wasm", "webgpu"] as const)("on %s", (backend) => {
      let executor: Executor;

      beforeAll(async () => {
        executor = await openExecutor(backend);
      });

      afterAll(() => executor.dispose());

      it("gives the recorded logits", async () => {
        const expected = expectedSchema.parse(readJson("expected.json"));
        const logits = await logitsOf(executor, configureModel(readJson("config.json")), expected.input_ids);
        expect(largestDifference(logits, expected.logits.flat(2))).toBeLessThanOrEqual(1e-4);
        expect(executor.allocatedBytes()).toBe(0);
      });
    });
  },
  fileNames,
);
