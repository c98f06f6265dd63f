/**
 * Every kind of adapter that the studio exports to PEFT, random numbers on the tiny models, answers the same when only PEFT's
 * files are left. With PEFT_EXPORTS=DIR in the environment the files stay in DIR with the studio's answers, and
 * `load_adapters.py --exports DIR` asks real PEFT.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultExperiment, parseExperiment } from "../../src/config/experiment.ts";
import type { Executor } from "../../src/engine/executor.ts";
import { peftFileNames } from "../../src/interop/peftFormat.ts";
import { normalValues, randomStream } from "../../src/lib/random.ts";
import { methodSchema, type MethodSettings } from "../../src/methods/index.schema.ts";
import type { TaskKind } from "../../src/tasks/index.schema.ts";
import type { Adapter } from "../../src/training/adapter.ts";
import { exportAdapter, importAdapter } from "../../src/training/adapterFiles.ts";
import { peftTaskOf } from "../../src/training/peftExport.ts";
import { setUpRun } from "../../src/training/setup.ts";
import { openExecutor } from "./executors.ts";
import { answersOf, kindDocument } from "./kinds.ts";
import { fixtureModel, labelNames } from "./models.ts";
import { largestDifference, logitTolerance } from "./tolerances.ts";

const tasks = {
  "tiny-bert": ["sequence-classification", "token-classification", "question-answering"],
  "tiny-gpt2": ["sequence-classification", "causal-lm"],
} as const satisfies Record<string, readonly TaskKind[]>;

/** The fixtures' texts of each model. */
const texts = { "tiny-bert": "bert-texts-lora", "tiny-gpt2": "gpt2-language-lora" } as const;

const methods: readonly (Partial<MethodSettings> & Pick<MethodSettings, "kind">)[] = [
  { kind: "prefix-tuning", promptLength: 4 },
  { kind: "prefix-tuning", promptLength: 3, reparameterisation: "mlp", hiddenSize: 5 },
  { kind: "prompt-tuning", promptLength: 3 },
  { kind: "p-tuning", promptLength: 3, hiddenSize: 5 },
  { kind: "lora", rank: 2, alpha: 3 },
  { kind: "lora", rank: 1, targets: ["output"], biases: "updated" },
  { kind: "lora", rank: 2, targets: "all", biases: "all" },
];

/** Where to leave the files for `load_adapters.py --exports`; nowhere as a rule. */
const out = process.env["PEFT_EXPORTS"];

describe.each(["tiny-bert", "tiny-gpt2"] as const)("%s", (modelName) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor("wasm");
  });

  afterAll(() => executor.dispose());

  const cases = tasks[modelName].flatMap((task) => methods.map((method, index) => ({ task, method, index })));

  it.each(cases)("answers as before from PEFT's files alone: $task, $method", async ({ task, method, index }) => {
    const model = await fixtureModel(modelName);
    const { ids, types } = kindDocument(texts[modelName]);
    const adapter = await randomAdapter(modelName, task, method);
    const document = { model: modelName, task: peftTaskOf[task], ids, types };
    const files = exportAdapter(adapter, model);
    const peft = new Map([...files].filter(([name]) => Object.values<string>(peftFileNames).includes(name)));
    const [answers, again] = [adapter, importAdapter(peft, model)].map((one) =>
      answersOf(one, document, { model, executor }),
    );
    const expected = (await answers) ?? [];
    expect(largestDifference((await again) ?? [], expected)).toBeLessThanOrEqual(logitTolerance(expected));
    if (out === undefined) return;
    const folder = join(out, `${modelName}-${task}-${index}-${method.kind}`);
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, "expected.json"), JSON.stringify({ ...document, answers: expected }));
  });
});

async function randomAdapter(modelName: keyof typeof tasks, kind: TaskKind, settings: object): Promise<Adapter> {
  const model = await fixtureModel(modelName);
  const method = methodSchema.parse(settings);
  const task = kind === "question-answering" ? { kind, tokenTypes: "none" } : { kind };
  const experiment = parseExperiment({ ...defaultExperiment(method.kind, kind), model: modelName, task, method });
  const classes = { "question-answering": 2, "causal-lm": 0, "sequence-classification": 3, "token-classification": 3 };
  const labels = labelNames(classes[kind]);
  const tensors = setUpRun(experiment, model, labels).trained.map(({ name, rows, width, group }) => {
    const noise = normalValues(randomStream(7, name), rows * width, name.startsWith("lora.") ? 0.3 : 0.5);
    const own = group === "model" ? model.weights.get(name) : undefined;
    return { name, rows, width, values: noise.map((value, at) => value + (own?.[at] ?? 0)) };
  });
  return { experiment, labels, tensors };
}
