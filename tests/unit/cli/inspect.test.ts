/** `train`, `predict` and `inspect` on one run from end to end, on the tiny BERT and TensorFlow.js. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { modelFolders } from "../../parity/models.ts";
import { commandLine, WorkFolder, type Ended } from "./support.ts";

const model = modelFolders["tiny-bert"];
const rows = [
  ["a good film", "positive"],
  ["a bad film", "negative"],
  ["warm and great", "positive"],
  ["cold and dull", "negative"],
  ["the music is fine", "positive"],
  ["a long and poor story", "negative"],
] as const;

const folder = new WorkFolder();
const data = folder.write("rows.csv", ["text,label", ...rows.map((row) => row.join(","))].join("\n"));
afterAll(() => folder.remove());

const methods = ["prefix-tuning", "prompt-tuning", "head-only"] as const;
type Method = (typeof methods)[number];
const trained = new Map<Method, Ended>();

const outOf = (method: Method): string => folder.path(method);
const lines = ({ stdout }: Ended): unknown[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

beforeAll(async () => {
  const files = ["--model", model, "--train", data, "--eval", data, "--backend", "wasm"];
  const training = ["--steps", "3", "--batch", "3", "--evaluate-every", "3", "--json"];
  for (const method of methods) {
    const length = method === "head-only" ? [] : ["--length", "2"];
    trained.set(
      method,
      await commandLine("train", ...files, ...training, "--method", method, ...length, "--out", outOf(method)),
    );
  }
});

const scores = z.object({ accuracy: z.number(), examples: z.number() });
const documentSchema = z.strictObject({
  run: z.string(),
  score: z.literal("accuracy"),
  predictions: z.looseObject({ scores: scores.optional(), worst: z.array(z.looseObject({})).optional() }).optional(),
  slots: z.looseObject({}).optional(),
  attention: z.looseObject({}).optional(),
  knockOut: z.looseObject({}).optional(),
});

const ownFiles = ["--train", data, "--eval", data] as const;

async function inspect(method: Method, ...more: readonly string[]): Promise<z.infer<typeof documentSchema>> {
  const ended = await commandLine("inspect", "--out", outOf(method), "--backend", "wasm", ...more);
  expect([ended.status, ended.stderr]).toEqual([0, ""]);
  const [document, ...others] = lines(ended);
  expect(others).toEqual([]);
  return documentSchema.parse(document);
}

/** Accuracy on the evaluation file with the tensors that were kept, as training told it. */
function accuracyTold(method: Method): number {
  const final = lines(trained.get(method) ?? { status: 1, stdout: "", stderr: "" }).at(-1);
  return z.object({ final: z.object({ best: z.object({ mean: z.number() }) }) }).parse(final).final.best.mean;
}

describe("train", () => {
  it.each(methods)("%s ends well and writes run and adapter", (method) => {
    const ended = trained.get(method);
    expect(ended?.stderr).toBe("");
    expect(ended?.status).toBe(0);
    expect(JSON.parse(readFileSync(`${outOf(method)}/run.json`, "utf8"))).toMatchObject({
      labels: ["negative", "positive"],
    });
    expect(readFileSync(`${outOf(method)}/adapter/studio.json`, "utf8")).toContain(`"${method}"`);
  });
});

describe("predict", () => {
  it("answers the rows as training scored them", async () => {
    const args = ["--model", model, "--adapter", `${outOf("prefix-tuning")}/adapter`, "--input", data];
    const ended = await commandLine("predict", ...args, "--backend", "wasm", "--json");
    expect([ended.status, ended.stderr]).toEqual([0, ""]);
    const answers = lines(ended).map((line) =>
      z.strictObject({ logits: z.array(z.number()).length(2), label: z.string() }).parse(line),
    );
    const right = answers.filter(({ label }, index) => label === rows[index]?.[1]).length;
    expect(right / rows.length).toBeCloseTo(accuracyTold("prefix-tuning"));
  });
});

describe("inspect", () => {
  it("of a deep prompt prints predictions, norms of its slots, attention and what each layer is worth", async () => {
    const { predictions, slots, attention, knockOut } = await inspect("prefix-tuning", ...ownFiles, "--worst", "2");
    expect(predictions?.scores).toMatchObject({ accuracy: accuracyTold("prefix-tuning"), examples: rows.length });
    expect(predictions?.worst).toHaveLength(2);
    expect(predictions).toHaveProperty("confusion");
    expect(slots).toMatchObject({ kind: "deep", layers: [{}, {}, {}] });
    expect(attention).not.toHaveProperty("unavailable");
    expect(knockOut).not.toHaveProperty("unavailable");
  });

  it("of a soft prompt names the words near its virtual tokens", async () => {
    const { slots } = await inspect("prompt-tuning", "--parts", "slots");
    expect(slots).toMatchObject({ kind: "soft" });
    expect(JSON.stringify(slots)).toMatch(/"(?:film|good|bad|the|\[PAD\]|##\w+|\w+)"/);
  });

  it("of a run without virtual tokens says why those parts are missing", async () => {
    const { predictions, slots, attention, knockOut } = await inspect("head-only", ...ownFiles);
    expect(predictions?.scores?.accuracy).toBe(accuracyTold("head-only"));
    for (const part of [slots, attention, knockOut]) expect(part).toEqual({ unavailable: expect.any(String) });
  });

  it("prints only the parts that are asked for, and writes every prediction into a table", async () => {
    const csv = folder.path("tables", "predictions.csv");
    const parts = ["--parts", "predictions", "--predictions", csv, "--worst", "0"];
    const { slots, attention, knockOut, predictions } = await inspect("prefix-tuning", ...ownFiles, ...parts);
    expect([slots, attention, knockOut]).toEqual([undefined, undefined, undefined]);
    expect(predictions?.worst).toEqual([]);
    const table = readFileSync(csv, "utf8").trimEnd().split(/\r?\n/);
    expect(table).toHaveLength(rows.length + 1);
    for (const [index, [text, label]] of rows.entries()) {
      expect(table[index + 1]).toContain(text);
      expect(table[index + 1]).toContain(label);
    }
  });

  it("says of other rows that they are not the run's", async () => {
    const other = folder.write("other.csv", "text,label\na good film,positive\na dull film,negative\n");
    const { predictions, slots } = await inspect("prefix-tuning", "--train", other, "--eval", other);
    expect(predictions?.["unavailable"]).toContain('The examples of "other.csv" are not those');
    expect(slots).toMatchObject({ kind: "deep" });
  });

  it.each([
    [["--out", folder.path("nothing")], "--out: expected a folder with the run.json of a finished run."],
    [
      ["--out", outOf("head-only"), "--parts", "weights"],
      "--parts: expected some of predictions, slots, attention, knock-out",
    ],
    [["--out", outOf("head-only"), "--worst", "1.5"], '--worst: expected a whole number of examples, got "1.5"'],
    [["--out", outOf("head-only"), "--model", modelFolders["tiny-gpt2"]], "tiny-gpt2"],
  ])("refuses %j", async (args, message) => {
    const { status, stdout, stderr } = await commandLine("inspect", ...args, "--backend", "wasm");
    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([1, ""]);
  });
});
