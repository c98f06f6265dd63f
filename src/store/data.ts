/** The visitor's own examples, and what the worker found when it read the chosen data. */
import { create } from "zustand";
import type { Experiment } from "../config/experiment.ts";
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

/** Names of the built-in sets in plain words. */
export function dataLabel(data: Experiment["data"]): string {
  if (data.kind === "own") return data.name;
  return data.id.charAt(0).toUpperCase() + data.id.slice(1);
}
