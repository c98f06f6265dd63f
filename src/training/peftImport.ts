/** PEFT's adapter as a run of the studio, checked against the model it is to run on. The other way is `peftExport.ts`. */
import { defaultExperiment, parseExperiment, type Experiment } from "../config/experiment.ts";
import { peftFileNames, namedBase, type PeftAdapter, type PeftLora, type PeftPrompt } from "../interop/peftFormat.ts";
import { loraName } from "../methods/lora.ts";
import { linearRoles, linearSizes, type LinearRole } from "../models/linearRoles.schema.ts";
import { trainsBias } from "../methods/lora.schema.ts";
import { linearModules, transformersName, type LinearModule } from "../models/linearModules.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { weightPlaceOf } from "../models/weightPlace.schema.ts";
import { bindTask } from "../tasks/index.ts";
import { taskKinds, type TaskKind, type TaskSettings } from "../tasks/index.schema.ts";
import type { Adapter } from "./adapter.ts";
import type { TrainedTensor } from "./events.ts";
import { peftTaskOf } from "./peftExport.ts";

/**
 * The adapter as what the studio can evaluate and train further: a prefix without its network is a plain prefix, the output
 * of P-Tuning's network a soft prompt. Throws when it was made for another model.
 */
export function adapterOfPeft(peft: PeftAdapter, model: LoadedModel): Adapter {
  const task = taskSettings(peft);
  const labels = labelsOf(peft, task.kind);
  const { method, tensors } = peft.kind === "lora" ? loraOf(peft, model) : promptOf(peft, model);
  return {
    experiment: experimentOf(model, task, method),
    labels,
    tensors: [...tensors, ...headOf(peft, { model, task, labels })],
  };
}

/** Answers of PEFT's models are told no token types when they look for answers. */
function taskSettings({ task }: PeftAdapter): Record<string, unknown> & { kind: TaskKind } {
  const kind = taskKinds.find((known) => peftTaskOf[known] === task) ?? "sequence-classification";
  return kind === "question-answering" ? { kind, tokenTypes: "none" } : { kind };
}

/** Texts may be as long as the model allows: PEFT's files know no other limit. */
function experimentOf(
  model: LoadedModel,
  task: object & { kind: TaskKind },
  method: { kind: MethodKindOf },
): Experiment {
  const base = defaultExperiment(method.kind, task.kind);
  const maxTokens = Math.min(4096, model.family.dimensions.positions);
  return parseExperiment({ ...base, model: model.id, task, method, training: { ...base.training, maxTokens } });
}

type MethodKindOf = "lora" | "prefix-tuning" | "prompt-tuning";

/** PEFT keeps no names of labels. */
function labelsOf({ head }: PeftAdapter, kind: TaskKind): string[] {
  if (kind === "question-answering") return ["start", "end"];
  const classes = head.find(({ name }) => name.endsWith(".weight"))?.shape[0] ?? 0;
  return Array.from({ length: classes }, (_, index) => `LABEL_${index}`);
}

interface HeadContext {
  readonly model: LoadedModel;
  readonly task: object & { kind: TaskKind };
  readonly labels: readonly string[];
}

/** The head's tensors in the studio's order. Throws when names or sizes are not those of this task and model. */
function headOf({ head, baseModel }: PeftAdapter, { model, task, labels }: HeadContext): TrainedTensor[] {
  const settings: TaskSettings = parseExperiment({ ...defaultExperiment("head-only", task.kind), task }).task;
  const { shapes } = bindTask(settings, model).head(labels);
  const odd = head.find(({ name }) => !shapes.some((shape) => shape.name === name));
  if (odd !== undefined) {
    throw new Error(
      `${peftFileNames.weights} has the head tensor "${odd.name}"; ${task.kind} on ${model.id} expects ${shapes.map(({ name }) => name).join(", ") || "none"}.`,
    );
  }
  return shapes.map(({ name, rows, width }) => {
    const found = head.find((tensor) => tensor.name === name);
    if (found === undefined) throw new Error(`${peftFileNames.weights} has no tensor "${name}" of the head.`);
    if (found.values.length !== rows * width || (found.shape.at(-1) ?? 1) !== width) {
      throw new Error(
        otherModel(baseModel, model, `"${name}" has shape [${found.shape.join(", ")}]; expected [${rows}, ${width}]`),
      );
    }
    return { name, rows, width, values: found.values };
  });
}

function promptOf(peft: PeftPrompt, model: LoadedModel) {
  const { type, layers, heads, width, promptLength, promptEmbeddings: values, baseModel } = peft;
  const { dimensions } = model.family;
  const sizes = [
    ["token_dim", width, dimensions.width],
    ["num_layers", layers, dimensions.layers],
    ["num_attention_heads", heads, dimensions.heads],
  ] as const;
  const wrong = sizes.find(([, got, expected]) => got !== 0 && got !== expected);
  if (wrong !== undefined)
    throw new Error(otherModel(baseModel, model, `its ${wrong[0]} is ${wrong[1]}; expected ${wrong[2]}`));
  const prefix = type === "PREFIX_TUNING";
  const kind = prefix ? "prefix-tuning" : "prompt-tuning";
  const tensor = {
    name: prefix ? "prefix" : "prompt",
    rows: promptLength,
    width: values.length / promptLength,
    values,
  };
  return { method: { kind, promptLength } as const, tensors: [tensor] };
}

function loraOf(peft: PeftLora, model: LoadedModel) {
  const { rank, alpha, bias, updates } = peft;
  const modules = linearModules(model.family);
  const byName = new Map(updates.map((update) => [update.module, update]));
  const unknown = updates.find(({ module }) => !modules.some(({ name }) => name === module));
  if (unknown !== undefined) throw new Error(unknownModule(peft, unknown.module, model, modules));
  const updated = new Set(modules.filter(({ name }) => byName.has(name)).map(({ role }) => role));
  const targets = linearRoles.filter((role) => updated.has(role));
  const tensors = modules.flatMap(({ layer, role, name }): TrainedTensor[] => {
    if (!updated.has(role)) return [];
    const { inputs, outputs } = linearSizes(role, model.family.dimensions);
    // A layer that PEFT left out gets an update of zeros, which adds nothing and never learns.
    const { down, up } = byName.get(name) ?? {
      down: new Float32Array(rank * inputs),
      up: new Float32Array(outputs * rank),
    };
    if (down.length !== rank * inputs || up.length !== outputs * rank) {
      const got = `"${name}" is updated from ${down.length / rank} to ${up.length / rank} numbers`;
      throw new Error(otherModel(peft.baseModel, model, `${got}; expected ${inputs} to ${outputs}`));
    }
    return [
      { name: loraName({ layer, role }, "A"), rows: rank, width: inputs, values: down },
      { name: loraName({ layer, role }, "B"), rows: outputs, width: rank, values: up },
    ];
  });
  const biases = { none: "none", lora_only: "updated", all: "all" } as const;
  const method = { kind: "lora", rank, alpha, targets, biases: biases[bias] } as const;
  return { method, tensors: [...biasesOf(peft, model, targets), ...tensors] };
}

/** Trained biases by the studio's names; those a layer without an update keeps are the model's own. */
function biasesOf(
  { bias, biases, baseModel }: PeftLora,
  model: LoadedModel,
  targets: readonly LinearRole[],
): TrainedTensor[] {
  if (bias === "none") return [];
  const byName = new Map(biases.map((tensor) => [tensor.name, tensor.values]));
  const tensors = model.family.weights.flatMap(({ name, rows, width }): TrainedTensor[] => {
    const place = weightPlaceOf(name);
    if (!trainsBias({ biases: bias === "all" ? "all" : "updated" }, targets, place)) return [];
    const known = transformersName(model.family, name);
    const values = byName.get(known) ?? model.weights.get(name);
    byName.delete(known);
    if (values?.length === rows * width) return [{ name, rows, width, values }];
    throw new Error(otherModel(baseModel, model, `"${known}" has ${values?.length ?? 0} numbers; expected ${width}`));
  });
  const [odd] = byName.keys();
  if (odd === undefined) return tensors;
  throw new Error(`${peftFileNames.weights} has the bias "${odd}", which ${model.id} does not have.`);
}

function unknownModule(
  { baseModel }: PeftLora,
  module: string,
  model: LoadedModel,
  modules: readonly LinearModule[],
): string {
  const ends = [...new Set(modules.map(({ name }) => name.replace(/^.*?\.\d+\./, "")))].join(", ");
  const inside = modules.some(({ name }) => name.split(".")[0] === module.split(".")[0]);
  if (!inside) return otherModel(baseModel, model, `it updates "${module}", which ${model.id} does not have`);
  return `This adapter updates "${module}"; the studio updates the linear layers of transformer layers only (${ends}) of ${model.id}. Train it with other target_modules.`;
}

function otherModel(baseModel: string, { id, family }: LoadedModel, what: string): string {
  const { layers, width, heads } = family.dimensions;
  return `This adapter was made for ${namedBase(baseModel)}, not for ${id} (${family.family}, ${layers} layers, width ${width}, ${heads} heads): ${what}. Open the model it was trained for.`;
}
