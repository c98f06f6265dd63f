/** What this visit knows of the machine: device, model, estimate, speed, and whatever went wrong where. */
import { create } from "zustand";
import type { DeviceReport, Estimate, ModelReport, ProblemArea } from "../worker/protocol.ts";

export type EngineState = "starting" | "ready" | "crashed";

export interface Progress {
  readonly loaded: number;
  readonly total: number;
  /** Bytes per second since the start. */
  readonly speed: number;
}

export type SessionFacts = Pick<
  SessionStore,
  "engine" | "device" | "model" | "modelProgress" | "estimate" | "estimating" | "stepsPerSecond" | "notice"
>;

export interface SessionStore {
  readonly engine: EngineState;
  readonly device: DeviceReport | undefined;
  readonly model: ModelReport | undefined;
  readonly modelProgress: Progress | undefined;
  readonly estimate: Estimate | undefined;
  readonly estimating: boolean;
  /** Of the run in progress, else of the last one. */
  readonly stepsPerSecond: number | undefined;
  /** Something worth knowing that is not an error, e.g. a recovered device or a broken link. */
  readonly notice: string | undefined;
  /** One message per place of the page. */
  readonly problems: Readonly<Partial<Record<ProblemArea | "storage", string>>>;
  update(facts: Partial<SessionFacts>): void;
  report(area: ProblemArea | "storage", message: string | undefined): void;
}

export const useSession = create<SessionStore>((set) => ({
  engine: "starting",
  device: undefined,
  model: undefined,
  modelProgress: undefined,
  estimate: undefined,
  estimating: false,
  stepsPerSecond: undefined,
  notice: undefined,
  problems: {},
  update: (facts) => set(facts),
  report: (area, message) =>
    set(({ problems }) => {
      const { [area]: _old, ...others } = problems;
      return { problems: message === undefined ? others : { ...others, [area]: message } };
    }),
}));
