/**
 * What the command line says about settings and data that do not fit: one sentence on stderr with what was
 * expected, what came and what to do, no stack, and exit status 1.
 */
import { afterAll, describe, expect, it } from "vitest";
import { modelFolders } from "../../parity/models.ts";
import { commandLine, expectMistake, WorkFolder } from "./support.ts";

const tinyBert = modelFolders["tiny-bert"];
const tinyGpt2 = modelFolders["tiny-gpt2"];
const builtIn = "encoder-l4-d128";

const folder = new WorkFolder();
afterAll(() => folder.remove());

const labelled = folder.write(
  "labelled.csv",
  [
    "text,label",
    "a good film,positive",
    "a bad film,negative",
    "warm and funny,positive",
    "cold and dull,negative",
  ].join("\n"),
);
const tagged = folder.write("tagged.conll", "Rome\tB-place\nis\tO\n\nold\tO\nRome\tB-place\n");
const question = { context: "Rome is old.", question: "What is old?" };
const questions = folder.write("questions.jsonl", JSON.stringify({ ...question, answers: ["Rome"] }));
const texts = folder.write("texts.jsonl", JSON.stringify({ text: "a good film" }));

function training(model: string, task: string, ...more: readonly string[]): string[] {
  const out = folder.path("never");
  return [
    "train",
    "--model",
    model,
    "--task",
    task,
    ...more,
    "--backend",
    "cpu",
    "--steps",
    "1",
    "--out",
    out,
    "--json",
  ];
}

const classify = (model: string, ...more: readonly string[]): string[] =>
  training(model, "sequence-classification", "--train", labelled, "--eval", labelled, ...more);
const tag = (model: string, file: string, ...more: readonly string[]): string[] =>
  training(model, "token-classification", "--train", file, "--eval", file, ...more);
const withWords = (...more: readonly string[]): string[] =>
  classify(builtIn, "--head", "verbalizer", "--method", "prompt-tuning", "--length", "2", ...more);

const everyMethod =
  "prefix-tuning, prompt-tuning, p-tuning, head-only, bitfit, top-layers, lora, adapters, full-fine-tuning";

describe("a method that does not fit", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["the task", tag(tinyBert, tagged, "--method", "discrete-prompt"), [`Methods that fit: ${everyMethod}.`]],
    [
      "the head",
      classify(tinyBert, "--method", "discrete-prompt"),
      ["Choose the verbalizer head.", `Methods that fit: ${everyMethod}.`],
    ],
    [
      "a head of words",
      classify(builtIn, "--head", "verbalizer", "--method", "head-only"),
      [
        "Nothing would be trained: head-only",
        "Methods that fit: prefix-tuning, prompt-tuning, p-tuning, discrete-prompt, bitfit",
      ],
    ],
    [
      "the family",
      classify(
        tinyGpt2,
        "--method",
        "lora",
        "--config",
        folder.write("query.json", JSON.stringify({ method: { kind: "lora", targets: ["query"] } })),
      ),
      [
        'gpt2 models have no place for "lora.0.query.A" of lora',
        "(query-key-value, attention-output, intermediate, output)",
        "another method that fits: prefix-tuning, prompt-tuning, p-tuning, head-only, bitfit, top-layers, adapters",
      ],
    ],
    [
      "the number of layers",
      classify(
        tinyBert,
        "--config",
        folder.write("top.json", JSON.stringify({ method: { kind: "top-layers", topLayers: 9 } })),
        "--method",
        "top-layers",
      ),
      ["Expected at most 3 trained layers"],
    ],
    [
      "the width of the model",
      classify(tinyBert, "--method", "p-tuning", "--reparameterisation", "thudm-lama-lstm"),
      ["Expected a model of even width", "got 21. Choose lstm or thudm-few-shot-lstm."],
    ],
    [
      "the option",
      classify(tinyBert, "--method", "head-only", "--length", "3"),
      ["These options do not fit head-only", "promptLength"],
    ],
    [
      "any name",
      classify(tinyBert, "--method", "p-tuning-v3"),
      [`expected one of prefix-tuning, prompt-tuning`, 'got "p-tuning-v3"'],
    ],
  ])("%s is told, with those that do", async (_what, args, messages) => {
    await expectMistake(args, ...messages);
  });
});

describe("a task that does not fit the model", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      "tags on GPT-2",
      tag(tinyGpt2, tagged),
      [
        "Expected a model whose words see both sides, such as bert",
        "choose a task that fits this one: sequence-classification, causal-lm.",
      ],
    ],
    [
      "continuations on BERT",
      training(tinyBert, "causal-lm", "--train", texts, "--eval", texts),
      [
        "Expected a causal model such as gpt2",
        "fits this one: sequence-classification, token-classification, question-answering.",
      ],
    ],
    [
      "label words without a language model",
      classify(tinyBert, "--head", "verbalizer"),
      ["Expected a model with a masked-language-model head", "Choose the linear head"],
    ],
    ["no folder", classify("nowhere"), ['"nowhere" is neither a folder nor a built-in model']],
    ["no model in the folder", classify(folder.path()), ["has no config.json. Expected a Hugging Face folder"]],
  ])("is told: %s", async (_what, args, messages) => {
    await expectMistake(args, ...messages);
  });
});

describe("label words and templates", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      "a word of several tokens",
      ["--label-words", "positive=unbelievability,negative=bad"],
      ['"unbelievability" for the label "positive" is', "tokens long (", "expected one. Choose a commoner word."],
    ],
    [
      "an unknown word",
      ["--label-words", "positive=good,negative=☃"],
      ['The word "☃" for the label "negative" is not in the model\'s vocabulary. Choose another word.'],
    ],
    ["one word for both", ["--label-words", "positive=good,negative=good"], ['The word "good" stands for two labels']],
    [
      "an unknown label",
      ["--label-words", "glad=good,negative=bad"],
      ['There is a label word for "glad", but the labels are negative, positive.'],
    ],
    ["half a pair", ["--label-words", "good"], ['expected "label=word,label=word", got "good"']],
    ["no mask", ["--template", "{text} It was so."], ["Expected [MASK] once in the template, got it 0 times"]],
    ["two masks", ["--template", "{text} [MASK] [MASK]."], ["Expected [MASK] once in the template, got it 2 times"]],
    ["no text", ["--template", "It was [MASK]."], ["Expected {text} once in the template, got it 0 times"]],
    [
      "slots that the prompt lacks",
      ["--template", "{text} [P] [MASK]."],
      ["Expected 0 virtual tokens [P] in the verbalizer's template, found 1"],
    ],
  ])("with %s are told", async (_what, args, messages) => {
    const words = args.includes("--label-words") ? [] : ["--label-words", "positive=good,negative=bad"];
    await expectMistake(withWords(...words, ...args), ...messages);
  });
});

describe("data that cannot be used", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      "tags of two kinds",
      tag(tinyBert, folder.write("odd.conll", "Rome\tB-place\nis\tO\nold\tquality\n")),
      ["odd.conll, line 3", '"quality"', "O, B-"],
    ],
    [
      "a word without its tag",
      tag(tinyBert, folder.write("short.conll", "Rome\tB-place\nis\n")),
      ['short.conll has no example that can be used (line 2: "is" has no tag)'],
    ],
    [
      "answers that are not in the context",
      training(
        tinyBert,
        "question-answering",
        "--train",
        folder.write("lost.jsonl", JSON.stringify({ ...question, answers: ["Athens"] })),
        "--eval",
        questions,
      ),
      ['lost.jsonl, line 1: the answer "Athens" to "What is old?" does not stand in the context'],
    ],
    [
      "one label",
      classify(tinyBert, "--train", folder.write("one.csv", "text,label\ngood,yes\nfine,yes")),
      ['Expected examples of at least two labels, got only "yes"'],
    ],
    [
      "a label that training lacks",
      classify(tinyBert, "--eval", folder.write("more.csv", "text,label\ngood,positive\nfine,unheard")),
      ['the label "unheard", which no training row has (negative, positive)'],
    ],
    ["no such file", classify(tinyBert, "--train", folder.path("missing.csv")), ["missing.csv cannot be read"]],
    [
      "a set made for another task",
      ["train", "--data", "entities", "--task", "sequence-classification", "--out", folder.path("never")],
      ['"entities" is made for token-classification'],
    ],
  ])("is told: %s", async (_what, args, messages) => {
    // A later option of the same name would be a further data set.
    await expectMistake(lastOfEach(args), ...messages);
  });
});

/** Of an option that is given twice, the later one. */
function lastOfEach(args: readonly string[]): string[] {
  return args.filter((arg, index) => {
    const option = ["--train", "--eval"].find((name) => arg === name || args[index - 1] === name);
    if (option === undefined) return true;
    return (arg === option ? index : index - 1) === args.lastIndexOf(option);
  });
}

describe("the command itself", () => {
  it("is told when there is none of that name, with all that are", async () => {
    const { status, stderr, stdout } = await commandLine("tune");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain('There is no command "tune"');
    expect(stderr).toMatch(/cli -- train[^]*cli -- predict[^]*cli -- inspect[^]*cli -- sweep/);
  });

  it.each([[["--help"]], [["help"]], [[]], [["train", "--help"]]])("prints its help for %j", async (args) => {
    const { status, stderr, stdout } = await commandLine(...args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Methods: prefix-tuning`);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ["an unknown option", ["predict", "--modle", "x"], ["--modle"]],
    ["a missing option", ["predict", "--model", tinyBert], ["Expected the option --input."]],
    [
      "a number that is none",
      classify(tinyBert, "--learning-rate", "fast"),
      ['--learning-rate: expected a number, got "fast"'],
    ],
    ["layers that are none", classify(tinyBert, "--layers", "upper"), ["--layers: expected", 'got "upper"']],
  ])("is told: %s", async (_what, args, messages) => {
    await expectMistake(args, ...messages);
  });
});
