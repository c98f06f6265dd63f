/**
 * Several runs answer lines of text in one mixed batch: which are chosen, what is asked, what came back. The frozen model is on
 * the device once; what each run adds to it is its own few numbers (Lester et al. 2021).
 */
import { create } from "zustand";
import type { ExampleInput } from "../lib/examples/example.ts";
import { methodDescriptions } from "../methods/index.schema.ts";
import type { MixedAnswers, MixedInput, ModelReport, Prediction } from "../worker/protocol.ts";
import { answeredSets, type AnsweredSet } from "./answeredSets.ts";
import { dataLabel } from "./data.ts";
import { engine } from "./engine.ts";
import { modelMismatch } from "./modelMatch.ts";
import { isLive, type RunEntry } from "./runEntry.ts";
import { storedSize } from "./storedSize.ts";
import { answererOf } from "./tensors.ts";
import { problemOf } from "./training.ts";

/** A run, or one of the data sets that it answers for. */
export interface Answerer {
  readonly id: string;
  readonly name: string;
  readonly run: RunEntry;
  readonly set: AnsweredSet;
}

export interface MixedResult {
  readonly answerers: readonly Answerer[];
  /** One row per line, one place per answerer; undefined where the line is no input of its task. */
  readonly rows: readonly { readonly line: string; readonly predictions: readonly (Prediction | undefined)[] }[];
  readonly groups: MixedAnswers["groups"];
  /** From the runs' own answers, once that was asked for. */
  readonly difference?: number;
  /** Bytes of the frozen model and of what the runs keep beside it. */
  readonly modelBytes: number;
  readonly addedBytes: number;
}

interface MixedStore {
  readonly state: "idle" | "answering" | "comparing";
  readonly result: MixedResult | undefined;
  readonly problem: string | undefined;
}

export const useMixed = create<MixedStore>(() => ({ state: "idle", result: undefined, problem: undefined }));

/** Why a run cannot answer beside others, or undefined when it can. */
export function reasonAlone({ run, set }: Answerer, model: ModelReport | undefined): string | undefined {
  const { method, task } = set.experiment;
  if (task.kind === "causal-lm") return "continues texts, which one run does at a time";
  const { family, label } = methodDescriptions[method.kind];
  if (family === "baselines" && method.kind !== "head-only") {
    return `${label.toLowerCase()} leaves no frozen copy to share, or adds nothing to it`;
  }
  return modelMismatch(run, model) === undefined ? undefined : "was trained for another model";
}

/** Runs with numbers to answer with, the newest first, each with its data sets. */
export function answerersOf(runs: readonly RunEntry[]): Answerer[] {
  const answering = runs.filter((run) => !isLive(run) && run.status !== "failed" && run.facts !== undefined);
  return answering.toReversed().flatMap((run) => {
    const sets = answeredSets(run);
    return sets.map((set, place): Answerer => {
      const name = sets.length === 1 ? run.name : `${run.name} · ${dataLabel(set.experiment.data)}`;
      return { id: place === 0 ? run.id : `${run.id} ${place + 1}`, name, run, set };
    });
  });
}

export interface MixedQuestion {
  readonly answerers: readonly Answerer[];
  readonly lines: readonly string[];
  /** The line as an input of the answerer's task. */
  readonly inputOf: (answerer: Answerer, line: string) => ExampleInput | undefined;
  readonly model: ModelReport;
  /** Whether each run answers once more alone. */
  readonly compare: boolean;
}

export async function answerMixed({ answerers, lines, inputOf, model, compare }: MixedQuestion): Promise<void> {
  useMixed.setState({ state: compare ? "comparing" : "answering", problem: undefined });
  try {
    const asked = lines.flatMap((line) =>
      answerers.flatMap((answerer, adapter): MixedInput[] => {
        const input = inputOf(answerer, line);
        return input === undefined ? [] : [{ adapter, input }];
      }),
    );
    if (asked.length === 0) throw new Error("No line is an input of these runs. Type what their tasks ask for.");
    const adapters = await Promise.all(answerers.map(({ run, set }) => answererOf(run, set)));
    const { predictions, ...told } = await engine().request({
      kind: "predict-mixed",
      adapters,
      inputs: asked,
      compare,
    });
    let next = 0;
    const rows = lines.map((line) => ({
      line,
      predictions: answerers.map((own) => (inputOf(own, line) === undefined ? undefined : predictions[next++])),
    }));
    // What a run keeps counts once, for however many of its data sets it answers.
    const sizes = [...new Set(answerers.map(({ run }) => run))].map((run) => storedSize(run, model));
    const addedBytes = sizes.reduce((sum, size) => sum + (size?.bytes ?? 0), 0);
    useMixed.setState({ result: { answerers, rows, ...told, modelBytes: sizes[0]?.copyBytes ?? 0, addedBytes } });
  } catch (error) {
    useMixed.setState({ problem: problemOf(error).message, result: undefined });
  } finally {
    useMixed.setState({ state: "idle" });
  }
}
