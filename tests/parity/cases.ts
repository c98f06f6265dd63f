/** The golden cases there are, read from the files: which method with which settings on which task of which model. */
import { readdirSync } from "node:fs";
import { z } from "zod";
import { methodKinds, type MethodKind } from "../../src/methods/index.schema.ts";
import { taskSchema, type TaskSettings } from "../../src/tasks/index.schema.ts";
import { fixtures, modelFolders, readJson, type FixtureModel } from "./models.ts";

export interface CaseEntry {
  /** Below `fixtures/`, without ending. */
  readonly path: string;
  readonly model: FixtureModel;
  readonly method: MethodKind;
  readonly task: TaskSettings;
  /** What distinguishes it from other cases of the method on this task, e.g. "mlp"; "plain" when nothing is said. */
  readonly variant: string;
}

const entrySchema = z.looseObject({
  model: z.enum(["tiny-bert", "tiny-gpt2", "encoder-l4-d128"]) satisfies z.ZodType<FixtureModel>,
  case: z.string(),
  method: z.enum(methodKinds),
  task: z.string().default("sequence-classification"),
  reading: z.object({ task: z.looseObject({ kind: z.string() }) }).optional(),
});

/** Every case of every model, by path. Other JSON files of the folders hold no case. */
export const goldenCases: readonly CaseEntry[] = Object.keys(modelFolders)
  .flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, fixtures), { recursive: true })
      .map(String)
      .toSorted()
      .map((file) => `${folder}/${file}`),
  )
  .flatMap((file) => (file.endsWith(".json") ? entryOf(file.slice(0, -".json".length)) : []));

function entryOf(path: string): CaseEntry[] {
  const { success, data } = entrySchema.safeParse(readJson(`${path}.json`));
  if (!success) return [];
  const task = taskSchema.parse(data.reading?.task ?? { kind: data.task });
  const variant = data.case
    .replace(/^(?:tags|answers|words)-/, "")
    .replace(data.method, "")
    .replace(/^-/, "");
  return [{ path, model: data.model, method: data.method, task, variant: variant === "" ? "plain" : variant }];
}

/** Cases of these models. */
export function casesOf(...models: readonly FixtureModel[]): readonly CaseEntry[] {
  return goldenCases.filter(({ model }) => models.includes(model));
}

/**
 * Cases whose graphs put parts together that other cases run on WebGPU already: the same kernels with the same kinds of
 * operands. Compiling costs half a second for each kernel on the software driver, so these run on wasm alone.
 */
export function isFamiliar({ path }: CaseEntry): boolean {
  return familiar.some((pattern) => pattern.test(path));
}

const familiar = [
  /^tiny-bert\/(?:tags|answers|words)-(?:bitfit|top-layers|lora|adapters|p-tuning|head-only|discrete-prompt)$/,
  /^tiny-bert\/(?:tags|answers)-full-fine-tuning$/,
  /^tiny-gpt2\/sequence-classification\/(?:top-layers|adapters)$/,
  /^tiny-gpt2\/causal-lm\/(?:bitfit|top-layers|adapters|p-tuning)$/,
  /\/p-tuning-thudm-/,
];
