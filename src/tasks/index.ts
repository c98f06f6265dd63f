/** Registry of tasks: adding one adds its file, a line here and one in `index.schema.ts`. */
import { SettingsError } from "../lib/errors.ts";
import { abilitiesOf, type LoadedModel } from "../models/loadModel.ts";
import { bindCausalLanguageModel } from "./causalLanguageModel.ts";
import type { TaskSettings } from "./index.schema.ts";
import { bindQuestionAnswering } from "./questionAnswering.ts";
import { bindSequenceClassification } from "./sequenceClassification.ts";
import type { BoundTask } from "./task.ts";
import { taskMisfit } from "./taskFit.schema.ts";
import { bindTokenClassification } from "./tokenClassification.ts";

/** The task's behaviour for this model. Throws when settings and model do not fit. */
export function bindTask(settings: TaskSettings, model: LoadedModel): BoundTask {
  const misfit = taskMisfit(settings, abilitiesOf(model));
  if (misfit !== undefined) throw new SettingsError(misfit);
  switch (settings.kind) {
    case "sequence-classification":
      return bindSequenceClassification(settings, model);
    case "token-classification":
      return bindTokenClassification(settings, model);
    case "question-answering":
      return bindQuestionAnswering(settings, model);
    case "causal-lm":
      return bindCausalLanguageModel(model);
    default:
      return settings satisfies never;
  }
}
