/** The data sets that a run can answer for: its own, and those it shared its prompt with, whose heads were kept. */
import { experimentPerDataSet, type Experiment } from "../config/experiment.ts";
import type { TrainedTensor } from "../worker/protocol.ts";
import type { RunEntry } from "./runEntry.ts";

export interface AnsweredSet {
  /** The run's, as if this were its only data set. */
  readonly experiment: Experiment;
  /** In the order of the logits; empty before they are known. */
  readonly labels: readonly string[];
  /** Stands for the head among the run's tensors; absent for the run's own data set, whose head that is. */
  readonly head?: readonly TrainedTensor[];
}

interface Answering extends Pick<RunEntry, "experiment"> {
  readonly facts?: RunEntry["facts"] | undefined;
  readonly otherHeads?: RunEntry["otherHeads"] | undefined;
}

/** The run's own first. */
export function answeredSets({
  experiment,
  facts,
  otherHeads = [],
}: Answering): readonly [AnsweredSet, ...AnsweredSet[]] {
  const [own, ...others] = experimentPerDataSet(experiment);
  const further = others.flatMap((other, place): AnsweredSet[] => {
    const [head, labels] = [otherHeads[place], facts?.others?.[place]?.labels];
    return head === undefined || labels === undefined ? [] : [{ experiment: other, labels, head }];
  });
  return [{ experiment: own, labels: facts?.labels ?? [] }, ...further];
}
