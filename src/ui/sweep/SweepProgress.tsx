/** How far the sweep is, how long the rest takes, and pause, stop, go on. */
import { Button } from "@mantine/core";
import { formatSeconds } from "../../lib/format.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { controlSweep, goOn } from "../../store/sweeps.ts";
import { PauseBars, Play, StopSquare } from "../shared/icons.tsx";
import { ProgressBar } from "../shared/ProgressBar.tsx";
import type { SweepState } from "./useSweepState.ts";
import classes from "./Sweep.module.css";

export function SweepProgress({ state }: { readonly state: SweepState }) {
  const { active, cells, done, share } = state;
  const words = progressWords(state);
  return (
    <div className={classes.progress}>
      <ProgressBar words={words} label="Progress of the sweep" value={share} max={1} />
      <div role="group" aria-label="Sweep" className={classes.buttons}>
        {active.status === "running" && (
          <Button size="xs" variant="default" leftSection={<PauseBars />} onClick={() => void controlSweep("pause")}>
            Pause sweep
          </Button>
        )}
        {active.status === "paused" && (
          <Button size="xs" variant="default" leftSection={<Play />} onClick={() => void controlSweep("resume")}>
            Resume sweep
          </Button>
        )}
        {(active.status === "running" || active.status === "paused") && (
          <Button size="xs" variant="default" leftSection={<StopSquare />} onClick={() => void controlSweep("stop")}>
            Stop sweep
          </Button>
        )}
        {(active.status === "stopped" || active.status === "finished") && done < cells.length && <GoOnButton />}
      </div>
    </div>
  );
}

function GoOnButton() {
  const ready = useSession(({ engine, model }) => engine === "ready" && model !== undefined);
  const busy = useRuns(({ runs }) => runs.some(isLive));
  return (
    <Button size="xs" leftSection={<Play />} disabled={!ready || busy} onClick={() => void goOn()}>
      Go on
    </Button>
  );
}

/** "7 of 24 cells · 1 min 20 s left" */
function progressWords({ active, cells, done, failed, secondsLeft }: SweepState): string {
  const far = `${done} of ${cells.length} cells`;
  switch (active.status) {
    case "running":
      return secondsLeft === undefined ? far : `${far} · ${formatSeconds(secondsLeft)} left`;
    case "paused":
      return `${far} · paused`;
    case "stopped":
      return `${far} · stopped`;
    case "finished":
      return failed.length === 0 ? `${far} · finished` : `${far} · ${failed.length} failed`;
    default:
      return active.status satisfies never;
  }
}
