/** The visitor's own examples, and what the worker found when it read the chosen data. */
import { create } from "zustand";
import { builtInDataSets, builtInSet } from "../config/dataSets.ts";
import type { Experiment } from "../config/experiment.ts";
import { inputFormOf, type InputForm } from "../lib/examples/inputForm.ts";
import type { DataReport, DataSource, Examples } from "../worker/protocol.ts";

export interface DataStore {
  readonly own: Examples | undefined;
  readonly report: DataReport | undefined;
  readonly reading: boolean;
  setOwn(own: Examples | undefined): void;
  setReport(report: DataReport | undefined): void;
  setReading(reading: boolean): void;
}

export const useData = create<DataStore>((set) => ({
  own: undefined,
  report: undefined,
  reading: false,
  setOwn: (own) => set({ own }),
  setReport: (report) => set({ report }),
  setReading: (reading) => set({ reading }),
}));

/** The data of an experiment as the worker takes it; a message when it is own data that is not here. */
export function dataSource({ data }: Experiment, own: Examples | undefined): DataSource | string {
  if (data.kind === "built-in") return data;
  if (own?.name === data.name) return { kind: "own", examples: own };
  return `These settings use the data "${data.name}", which is not in this browser. Open that file, or choose other data.`;
}

/** The data sets that share the experiment's prompt; a message when one is own data that is not here. */
export function otherSources(experiment: Experiment, own: Examples | undefined): readonly DataSource[] | string {
  const sources = experiment.multiTask.others.map(({ data }) => dataSource({ ...experiment, data }, own));
  const found = sources.filter((source) => typeof source !== "string");
  return sources.find((source) => typeof source === "string") ?? found;
}

/** Rows to run an experiment's adapter on: its own data, or else a built-in set of its task. A message when there are none. */
export function rowsFor(experiment: Experiment, own: Examples | undefined): DataSource | string {
  const data = dataSource(experiment, own);
  const id = builtInDataSets.find((known) => builtInSet(known)?.task === experiment.task.kind);
  return typeof data !== "string" || id === undefined ? data : { kind: "built-in", id };
}

/** Names of the built-in sets in plain words. */
export function dataLabel(data: Experiment["data"]): string {
  return data.kind === "own" ? data.name : (builtInSet(data.id)?.label ?? data.id);
}

/** What one types to try a model on this data; undefined when it is own data that is not here. */
export function inputFormFor(data: Experiment["data"], own: Examples | undefined): InputForm | undefined {
  if (data.kind === "built-in") return builtInSet(data.id)?.input;
  return own?.name === data.name ? inputFormOf(own.train) : undefined;
}
