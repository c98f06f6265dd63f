/**
 * The page's life: opens the engine, loads model and data, and keeps report and estimate in step with the settings.
 * Every failure lands in the place of the page it belongs to; nothing here throws.
 */
import { defaultModel, type Experiment } from "../config/experiment.ts";
import type { Announcement } from "../worker/client.ts";
import type { ModelSource, ProblemArea } from "../worker/protocol.ts";
import { dataSource, otherSources, useData } from "./data.ts";
import { useDraft } from "./draft.ts";
import { engine, onAnnouncement, replaceEngine } from "./engine.ts";
import { receiveInspectionEvent } from "./inspection.ts";
import { debounced, newestOnly } from "./latest.ts";
import { noteOpening } from "./openAdapter.ts";
import { receiveSavingsEvent } from "./performance.ts";
import { restoreKept, restoreLink } from "./restore.ts";
import { useSession } from "./session.ts";
import { encodeLink } from "./shareLink.ts";
import { withRememberedSpeed } from "./speed.ts";
import { continueSweep, interruptSweep, noteCell, receiveSweepNews } from "./sweeps.ts";
import { failLiveRuns, failRun, problemOf, receiveRunEvent } from "./training.ts";

const newestReport = newestOnly();
const newestEstimate = newestOnly();
const newestModel = newestOnly();
let loadStarted = 0;
let openedFolder: ModelSource | undefined;

/** Starts the studio. Call once. */
export function startStudio(): void {
  onAnnouncement(receive);
  restoreLink(window.location.hash);
  window.addEventListener("hashchange", () => restoreLink(window.location.hash));
  watchSettings();
  void Promise.all([restoreKept(), openEngine()]).then(continueSweep);
}

/** After a crash or a cancelled load: a new worker with the same settings. */
export async function restartEngine(): Promise<void> {
  endEverything("The engine was restarted while this run was in progress.");
  replaceEngine();
  const { report, update } = useSession.getState();
  for (const area of ["device", "model", "training"] as const) report(area, undefined);
  update({ engine: "starting", modelProgress: undefined });
  await openEngine();
}

/** Opens a folder with config.json, tokenizer files and model.safetensors. */
export async function openModelFolder(name: string, files: readonly File[]): Promise<void> {
  const loaded = await loadModel({ kind: "files", name, files });
  if (!loaded) return;
  openedFolder = { kind: "files", name, files };
  useDraft.getState().change("model", name);
}

/** Stops loading at once; the model that was there before comes back. */
export async function cancelModelLoad(): Promise<void> {
  await restartEngine();
  useSession.getState().report("model", "Loading was cancelled; the model from before is back.");
}

async function openEngine(): Promise<void> {
  const { backend } = useDraft.getState().experiment;
  await attempt("device", async () => {
    const device = await engine().request({ kind: "open", backend, base: document.baseURI });
    useSession.getState().update({ device });
  });
  if (useSession.getState().device && (await loadWantedModel())) useSession.getState().update({ engine: "ready" });
  await refresh();
}

/** The model the settings name; when it cannot be had (a folder of an earlier visit, or of someone else) the built-in one. */
async function loadWantedModel(): Promise<boolean> {
  if (await loadModel(wantedModel())) return true;
  const { experiment, change } = useDraft.getState();
  if (experiment.model === defaultModel) return false;
  change("model", defaultModel);
  const loaded = await loadModel({ kind: "built-in", id: defaultModel });
  const message = `These settings use the model "${experiment.model}". Open its folder again to use it; until then the built-in model is here.`;
  if (loaded) useSession.getState().report("model", message);
  return loaded;
}

/** Loads the model that the settings name when another one is open, e.g. after a link or with the settings of an older run. */
async function followModel(): Promise<void> {
  const { engine: state, model, update } = useSession.getState();
  if (state !== "ready" || model?.id === useDraft.getState().experiment.model) return;
  update({ engine: "starting" });
  if (await loadWantedModel()) update({ engine: "ready" });
  await refresh();
}

function wantedModel(): ModelSource {
  const { model } = useDraft.getState().experiment;
  if (openedFolder?.kind === "files" && openedFolder.name === model) return openedFolder;
  return { kind: "built-in", id: model };
}

async function loadModel(source: ModelSource): Promise<boolean> {
  loadStarted = performance.now();
  const report = await attempt("model", () => newestModel(() => engine().request({ kind: "load-model", source })));
  useSession.getState().update({ modelProgress: undefined, ...(report && { model: report }) });
  return report !== undefined;
}

/** Settings that change which examples are read or how they are cut. */
function dataKey(): string {
  const { model, data, task, training, examplesPerClass, evaluationShare, seed, method } =
    useDraft.getState().experiment;
  const length = "promptLength" in method ? method.promptLength : 0;
  return JSON.stringify([
    model,
    data,
    task,
    training.maxTokens,
    examplesPerClass,
    evaluationShare,
    seed,
    method.kind,
    length,
  ]);
}

function watchSettings(): void {
  let key = dataKey();
  let { backend } = useDraft.getState().experiment;
  const readSoon = debounced(200, () => void refresh());
  const estimateSoon = debounced(80, () => void readEstimate());
  useDraft.subscribe(({ experiment }) => {
    forgetLink(experiment);
    if (experiment.backend !== backend) void restartEngine();
    backend = experiment.backend;
    void followModel();
    if (key !== (key = dataKey())) readSoon();
    else estimateSoon();
  });
  useData.subscribe((now, before) => now.own !== before.own && readSoon());
}

/** Once the settings are no longer those of the address, a reload must not bring the old ones back. */
function forgetLink(experiment: Experiment): void {
  const { hash, pathname, search } = window.location;
  if (hash !== "" && hash !== `#${encodeLink(experiment)}`) window.history.replaceState(null, "", pathname + search);
}

async function refresh(): Promise<void> {
  if (!useSession.getState().model) return;
  await Promise.all([readData(), readEstimate()]);
}

async function readData(): Promise<void> {
  const { experiment } = useDraft.getState();
  const { own, setReport, setReading } = useData.getState();
  const data = dataSource(experiment, own);
  if (typeof data === "string") {
    setReport(undefined);
    return useSession.getState().report("data", data);
  }
  setReading(true);
  const report = await attempt("data", () =>
    newestReport(() => engine().request({ kind: "read-data", data, experiment })),
  );
  if (report) setReport(report);
  setReading(false);
}

async function readEstimate(): Promise<void> {
  const { experiment } = useDraft.getState();
  const { own } = useData.getState();
  const [data, others] = [dataSource(experiment, own), otherSources(experiment, own)];
  if (typeof data === "string" || typeof others === "string" || !useSession.getState().model) return;
  useSession.getState().update({ estimating: true });
  const estimate = await attempt("settings", () =>
    newestEstimate(() => engine().request({ kind: "estimate", experiment, data, others })),
  );
  const { device, update } = useSession.getState();
  update({
    estimating: false,
    ...(estimate && { estimate: device ? withRememberedSpeed(estimate, device) : estimate }),
  });
}

/** Does the work and clears its place on the page; on failure says there what went wrong. */
async function attempt<Result>(area: ProblemArea, work: () => Promise<Result>): Promise<Result | undefined> {
  const { report } = useSession.getState();
  try {
    const result = await work();
    report(area, undefined);
    return result;
  } catch (error) {
    const problem = problemOf(error);
    report(problem.area === "training" ? area : problem.area, problem.message);
    return undefined;
  }
}

function receive(announcement: Announcement): void {
  const { update, report } = useSession.getState();
  switch (announcement.kind) {
    case "run-event":
      receiveRunEvent(announcement.runId, announcement.event);
      noteCell(announcement.runId, announcement.event);
      // The engine knows its speed now.
      if (announcement.event.kind === "finished") void readEstimate();
      return;
    case "run-failed":
      return failRun(announcement.runId, announcement.problem);
    case "sweep-event":
      return receiveSweepNews(announcement.sweepId, announcement.news);
    case "sweep-failed":
      return interruptSweep(announcement.problem.message);
    case "savings-event":
      return receiveSavingsEvent(announcement.event);
    case "inspection-event":
      return receiveInspectionEvent(announcement.runId, announcement.event);
    case "opening-progress":
      return noteOpening(announcement.done, announcement.total);
    case "model-progress":
      return noteProgress(announcement.loaded, announcement.total);
    case "device-event":
      return report("device", announcement.message);
    case "crashed":
      update({ engine: "crashed" });
      report("device", announcement.message);
      return endEverything(announcement.message);
    default:
      return announcement satisfies never;
  }
}

/** Runs and the sweep end with the worker; a sweep can go on afterwards. */
function endEverything(message: string): void {
  failLiveRuns(message);
  interruptSweep(message);
}

function noteProgress(loaded: number, total: number): void {
  const seconds = Math.max(0.05, (performance.now() - loadStarted) / 1000);
  useSession.getState().update({ modelProgress: { loaded, total, speed: loaded / seconds } });
}
