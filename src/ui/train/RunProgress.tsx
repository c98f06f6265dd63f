/** Step, share and time left of the run in progress; before the first run, what is being waited for. */
import { formatBytes, formatCount, formatSeconds } from "../../lib/format.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useSession } from "../../store/session.ts";
import classes from "./Transport.module.css";

export function RunProgress({ live }: { readonly live: RunEntry | undefined }) {
  const rate = useSession((session) => session.stepsPerSecond);
  const waiting = useSession(waitingWords);
  if (!live) return <span className={classes.waiting}>{waiting}</span>;
  const { experiment, seedIndex, step, facts } = live;
  const perSeed = facts?.steps ?? experiment.training.steps;
  const total = perSeed * experiment.seeds;
  const done = seedIndex * perSeed + step;
  const left = rate && live.status === "running" ? ` · ${formatSeconds((total - done) / rate)} left` : "";
  const seed = experiment.seeds > 1 ? ` · seed ${seedIndex + 1} of ${experiment.seeds}` : "";
  return (
    <div className={classes.progress}>
      <span>
        {facts ? `step ${formatCount(step)} of ${formatCount(perSeed)}` : "preparing"}
        {seed}
        {live.status === "paused" ? " · paused" : left}
      </span>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label="Progress of the run"
        aria-valuenow={Math.round((100 * done) / total)}
        aria-valuetext={`step ${step} of ${perSeed}${seed}`}
      >
        <i style={{ transform: `scaleX(${Math.min(1, done / total)})` }} />
      </div>
    </div>
  );
}

/** Nothing waits without a number for long: while the model loads, its bytes. */
function waitingWords({ engine, model, modelProgress }: ReturnType<typeof useSession.getState>): string {
  if (engine === "crashed") return "The engine stopped.";
  if (modelProgress)
    return `Loading the model: ${formatBytes(modelProgress.loaded)} of ${formatBytes(modelProgress.total)}`;
  if (!model) return "Opening the device";
  return "";
}
