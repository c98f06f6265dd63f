/** `predict`: answers every row of a file with a trained adapter, one line of JSON per row; several adapters share one model. */
import { backendSchema } from "../config/experiment.ts";
import { importAdapter } from "../training/adapterFiles.ts";
import { createPredictor } from "../training/predict.ts";
import { answerJson, answerText } from "./answers.ts";
import { readPredictArguments, required } from "./arguments.ts";
import { openExecutor } from "./device.ts";
import { predictMixed } from "./predictMixed.ts";
import { readAdapterFolder, readInputs, readModelFolder } from "./files.ts";

/** Prints one line per row: what `answerJson` says with --json, what `answerText` says otherwise. */
export async function predictCommand(args: readonly string[]): Promise<number> {
  const values = readPredictArguments(args);
  const modelName = required(values.model, "model");
  const input = required(values.input, "input");
  const [path, ...others] = values.adapter ?? [];
  if (others.length > 0) {
    await predictMixed({ ...values, model: modelName, input, adapters: values.adapter ?? [] });
    return 0;
  }
  const [model, files] = await Promise.all([readModelFolder(modelName), readAdapterFolder(required(path, "adapter"))]);
  const { experiment, labels, tensors } = importAdapter(files, model);
  const inputs = await readInputs(input, experiment.task.kind);
  const executor = await openExecutor(backendSchema.parse(values.backend ?? "auto"));
  const trained = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const predictor = await createPredictor({ experiment, model, labels, executor, values: trained });
  for (const answer of await predictor.predict(inputs)) {
    process.stdout.write(`${values.json ? JSON.stringify(answerJson(answer)) : answerText(answer)}\n`);
  }
  predictor.dispose();
  executor.dispose();
  return 0;
}
