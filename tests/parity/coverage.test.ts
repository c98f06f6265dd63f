/**
 * Every method has a golden case on every task that it can be trained for, in every family: pairs come from the registries and
 * from what the studio itself refuses, cases from the files. The table in README.md says the same, and is held to it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { misfit } from "../../src/config/fit.ts";
import { methodKinds, type MethodKind } from "../../src/methods/index.schema.ts";
import { families } from "../../src/models/index.ts";
import { abilitiesOf } from "../../src/models/loadModel.ts";
import { sequenceClassificationSchema } from "../../src/tasks/sequenceClassification.schema.ts";
import { taskKinds, taskSchema, type TaskSettings } from "../../src/tasks/index.schema.ts";
import { goldenCases, type CaseEntry } from "./cases.ts";
import { fixtureModel, type FixtureModel } from "./models.ts";

/** The model that stands for its family in the cases. */
const models: Readonly<Record<string, FixtureModel>> = { bert: "tiny-bert", gpt2: "tiny-gpt2" };

const heads = sequenceClassificationSchema.shape.head.unwrap().options;
const tasks: readonly TaskSettings[] = taskKinds.flatMap((kind) =>
  kind === "sequence-classification"
    ? heads.map((head) => taskSchema.parse({ kind, head }))
    : [taskSchema.parse({ kind })],
);

/** A family and a task that some method can be trained for, with a cell per method. */
interface Column {
  readonly title: string;
  /** Variants that have a case; absent where the studio refuses the pair. */
  readonly cells: ReadonlyMap<MethodKind, readonly string[] | undefined>;
}

const nameOf = (task: TaskSettings): string =>
  task.kind === "sequence-classification" && task.head === "verbalizer" ? "label-words" : task.kind;

async function columnsOf(family: string): Promise<Column[]> {
  const name = models[family];
  if (name === undefined) throw new Error(`There is no golden model of the family ${family}.`);
  // Any BERT may bring the head that predicts words; the cases of tiny-bert bring it along.
  const abilities = { ...abilitiesOf(await fixtureModel(name)), languageModel: true };
  return tasks.map((task) => {
    const cell = (kind: MethodKind): readonly string[] | undefined => {
      const variants = goldenCases.filter((entry) => entry.model === name && isOf(entry, kind, task));
      const own = variants.map(({ variant }) => variant);
      return own.length === 0 && misfit(kind, task, abilities) !== undefined ? undefined : own;
    };
    return { title: `${family} ${nameOf(task)}`, cells: new Map(methodKinds.map((kind) => [kind, cell(kind)])) };
  });
}

function isOf(entry: CaseEntry, kind: MethodKind, task: TaskSettings): boolean {
  return entry.method === kind && nameOf(entry.task) === nameOf(task);
}

const columns = (await Promise.all(Object.keys(families).map(columnsOf)))
  .flat()
  .filter(({ cells }) => [...cells.values()].some((variants) => variants !== undefined));

describe.each(columns)("$title", ({ cells }) => {
  it("has a golden case of every method that the studio offers for it", () => {
    const missing = [...cells].filter(([, variants]) => variants?.length === 0).map(([kind]) => kind);
    expect(missing).toEqual([]);
  });
});

it("is what the table in README.md says", () => {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const rows = methodKinds.map((kind) => [kind, ...columns.map(({ cells }) => cells.get(kind)?.join(", ") ?? "–")]);
  const titles = ["method", ...columns.map(({ title }) => title)];
  const table = [titles, titles.map(() => "-"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  expect(readme.replace(/ +/g, " ").replace(/-{2,}/g, "-")).toContain(table);
});

it("tells a method without a case, and a pair that is refused", () => {
  const [classes] = columns;
  expect(classes?.title).toBe("bert sequence-classification");
  expect(classes?.cells.get("discrete-prompt")).toBeUndefined();
  expect(classes?.cells.get("head-only")).toEqual(["plain"]);
});
