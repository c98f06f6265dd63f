/** `predict`: answers every row of a file with a trained adapter, one line of JSON per row. */
import { backendSchema } from "../config/experiment.ts";
import { importAdapter } from "../training/adapterFiles.ts";
import { createPredictor } from "../training/predict.ts";
import { readPredictArguments, required } from "./arguments.ts";
import { openExecutor } from "./device.ts";
import { readAdapterFolder, readInputs, readModelFolder } from "./files.ts";

/** Prints `{"logits":[…],"label":…}` per row with --json, the label and its probability otherwise. */
export async function predictCommand(args: readonly string[]): Promise<void> {
  const values = readPredictArguments(args);
  const modelName = required(values.model, "model");
  const [model, files, inputs] = await Promise.all([
    readModelFolder(modelName),
    readAdapterFolder(required(values.adapter, "adapter")),
    readInputs(required(values.input, "input")),
  ]);
  const { experiment, labels, tensors } = importAdapter(files, modelName);
  const executor = await openExecutor(backendSchema.parse(values.backend ?? "auto"));
  const trained = new Map(tensors.map((tensor) => [tensor.name, tensor.values]));
  const predictor = await createPredictor({ experiment, model, labels, executor, values: trained });
  for (const { logits, label, probabilities } of await predictor.predict(inputs)) {
    const line = values.json
      ? JSON.stringify({ logits: Array.from(logits), label })
      : `${label}\t${Math.max(...probabilities).toFixed(3)}`;
    process.stdout.write(`${line}\n`);
  }
  predictor.dispose();
  executor.dispose();
}
