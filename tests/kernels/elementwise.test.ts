/** Elementwise operations, layer norms, gathers and reductions against the twin, on sizes that fit no workgroup. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import type { ActivationKind } from "../../src/engine/graph/operations/activation.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { add } from "../../src/engine/graph/operations/add.ts";
import { columnSum } from "../../src/engine/graph/operations/columnSum.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../../src/engine/graph/operations/layerNorm.ts";
import type { Tensor } from "../../src/engine/graph/tensor.ts";
import { expectSameAsTwin, openExecutor, Problem, randomNumbers } from "./support.ts";

const shapes: [number, number][] = [
  [1, 1],
  [1, 65],
  [63, 1],
  [65, 63],
  [130, 7],
];

let executor: WebGpuExecutor;
beforeAll(async () => {
  executor = await openExecutor();
});
afterAll(() => executor.dispose());

/** A problem per shape whose outputs `make` declares. */
async function expectForShapes(make: (problem: Problem, x: Tensor) => void, scale = 1, relative = 2e-6): Promise<void> {
  for (const [rows, width] of shapes) {
    const problem = new Problem(rows + width);
    make(problem, problem.rows("x", problem.space("rows", rows), width, scale));
    await expectSameAsTwin(executor, problem, { relative });
  }
}

describe("elementwise operations", () => {
  it("add two tensors", () =>
    expectForShapes((problem, x) => {
      problem.builder.output(
        "y",
        add(problem.builder, x, problem.rows("b", problem.builder.rowSpace("rows"), x.width)),
      );
    }));

  it.each(["gelu", "gelu-tanh", "tanh", "relu"] satisfies ActivationKind[])("compute %s and its derivative", (kind) =>
    expectForShapes((problem, x) => {
      const dy = problem.rows("dy", problem.builder.rowSpace("rows"), x.width);
      const shape = { label: "dx", rows: x.rows, width: x.width };
      problem.builder.output("y", activation(problem.builder, x, kind));
      problem.builder.output(
        "dx",
        problem.builder.single("activationGradient", { dy, x }, {}, { activation: kind }, shape),
      );
    }, 4),
  );

  it("keep activations finite far from zero", async () => {
    const problem = new Problem();
    const x = problem.rows("x", problem.space("rows", 3), 4);
    problem.parameters.set("x", Float32Array.of(-1e4, 1e4, -100, 100, -20, 20, -6, 6, -3e3, 3e3, 0, -0));
    for (const kind of ["gelu", "gelu-tanh", "tanh"] as const) {
      problem.builder.output(kind, activation(problem.builder, x, kind));
      const slope = problem.builder.single(
        "activationGradient",
        { dy: x, x },
        {},
        { activation: kind },
        { label: kind, rows: x.rows, width: 4 },
      );
      problem.builder.output(`slope of ${kind}`, slope);
    }
    await expectSameAsTwin(executor, problem);
  });
});

describe("layer normalisation", () => {
  it("normalises rows, also far from zero, and differentiates them", async () => {
    for (const [rows, width] of [
      [1, 2],
      [65, 63],
      [7, 65],
      [3, 2100],
    ] as const) {
      const problem = new Problem(rows + width);
      const { builder } = problem;
      const space = problem.space("rows", rows);
      const x = problem.rows("x", space, width, 3);
      problem.parameters.set(
        "x",
        (problem.parameters.get("x") ?? new Float32Array(0)).map((value) => value + 20),
      );
      const gain = problem.parameter("gain", 1, width);
      const y = layerNorm(builder, x, { gain, bias: problem.parameter("bias", 1, width), epsilon: 1e-5 });
      const statistics = y.producer?.outputs[1] ?? y;
      const dy = problem.rows("dy", space, width);
      const row = { label: "gradient", rows: 1, width };
      const parameters = builder.node("layerNormParameterGradient", { dy, x, statistics }, {}, {}, [row, row]).outputs;
      builder.output("y", y);
      builder.output(
        "dx",
        builder.single(
          "layerNormInputGradient",
          { dy, x, statistics, gain },
          {},
          {},
          { label: "dx", rows: x.rows, width },
        ),
      );
      for (const [i, tensor] of parameters.entries()) builder.output(`d parameter ${i}`, tensor);
      await expectSameAsTwin(executor, problem, { relative: 2e-5 });
    }
  });
});

describe("rows", () => {
  it("are gathered from one to six tables, an index of -1 adding nothing", async () => {
    for (const tables of [1, 2, 3, 4, 5, 6]) {
      const problem = new Problem(tables);
      const next = randomNumbers(tables);
      const space = problem.space("rows", 65);
      const terms = Array.from({ length: tables }, (_, k) => {
        const index = problem.builder.index(`index ${k}`, space);
        problem.indices[index.name] = Int32Array.from({ length: 65 }, () => Math.floor((next() + 1) * 5) - 1);
        return { table: problem.parameter(`table ${k}`, 9, 33), index };
      });
      problem.builder.output("y", gather(problem.builder, terms));
      await expectSameAsTwin(executor, problem);
    }
  });

  it("are scattered to a table and to another row space, each target adding its rows in order", async () => {
    const problem = new Problem();
    const { builder } = problem;
    const space = problem.space("rows", 65);
    const targets = problem.space("targets", 7);
    const dy = problem.rows("dy", space, 17);
    const index = builder.index("index", space);
    problem.indices[index.name] = Int32Array.from({ length: 65 }, (_, i) => ((i * 5) % 8) - 1);
    builder.output("table", builder.single("scatter", { dy }, { index }, {}, { label: "table", rows: 11, width: 17 }));
    builder.output(
      "space",
      builder.single("scatter", { dy }, { index }, {}, { label: "space", rows: targets, width: 17 }),
    );
    await expectSameAsTwin(executor, problem);
  });

  it("are summed by column in one block or many", () =>
    expectForShapes((problem, x) => problem.builder.output("sum", columnSum(problem.builder, x))));

  it("refuse a target outside the table", async () => {
    const problem = new Problem();
    const dy = problem.rows("dy", problem.space("rows", 2), 3);
    const index = problem.builder.index("index", problem.builder.rowSpace("rows"));
    problem.indices[index.name] = Int32Array.of(0, 5);
    problem.builder.output(
      "table",
      problem.builder.single("scatter", { dy }, { index }, {}, { label: "table", rows: 5, width: 3 }),
    );
    await expect(expectSameAsTwin(executor, problem)).rejects.toThrow('"index" holds 5; it must be −1 or below 5');
  });
});

describe("cross entropy", () => {
  it("and its gradient hold for any number of classes, weights of zero included", async () => {
    for (const [rows, classes] of [
      [1, 1],
      [65, 2],
      [63, 65],
      [3, 5000],
    ] as const) {
      const problem = new Problem(rows + classes);
      const { builder } = problem;
      const space = problem.space("rows", rows);
      const logits = problem.rows("logits", space, classes, 8);
      const labels = builder.index("labels", space);
      const weights = builder.values("weights", space);
      problem.indices[labels.name] = Int32Array.from({ length: rows }, (_, i) => (i * 3) % classes);
      problem.values[weights.name] = Float32Array.from({ length: rows }, (_, i) => (i % 4 === 3 ? 0 : 1 / (i + 1)));
      const { loss, correct } = crossEntropy(builder, logits, { labels, weights });
      builder.output("loss", loss);
      builder.output("correct", correct);
      const shape = { label: "d logits", rows: space, width: classes };
      builder.output("d logits", builder.single("crossEntropyGradient", { logits }, { labels, weights }, {}, shape));
      await expectSameAsTwin(executor, problem);
    }
  });

  it("counts the first of equal logits as the prediction", async () => {
    const problem = new Problem();
    const space = problem.space("rows", 2);
    const logits = problem.rows("logits", space, 3);
    problem.parameters.set("logits", Float32Array.of(1, 2, 2, 5, 5, 5));
    const inputs = {
      labels: problem.builder.index("labels", space),
      weights: problem.builder.values("weights", space),
    };
    problem.indices["labels"] = Int32Array.of(1, 2);
    problem.values["weights"] = Float32Array.of(1, 1);
    problem.builder.output("correct", crossEntropy(problem.builder, logits, inputs).correct);
    const results = await expectSameAsTwin(executor, problem);
    expect(results.get("correct")).toEqual(Float32Array.of(1, 0));
  });
});
