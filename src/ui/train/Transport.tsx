/** Train, pause, step, stop, and how far the run is. On a phone it sticks to the bottom of the screen. */
import { useData } from "../../store/data.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { useSweep } from "../../store/sweeps.ts";
import { pause, resume, step, stop, train } from "../../store/training.ts";
import { PauseBars, Play, StepForward, StopSquare } from "../shared/icons.tsx";
import { Message } from "../shared/Message.tsx";
import { RunAdvice } from "./RunAdvice.tsx";
import { RunProgress } from "./RunProgress.tsx";
import classes from "./Transport.module.css";

export function Transport() {
  const live = useRuns(({ runs }) => runs.find(isLive));
  const ready = useSession(({ engine, model }) => engine === "ready" && model !== undefined);
  const impossible = useSession(({ estimate }) => estimate?.problem !== undefined);
  const noData = useData(({ report }) => report === undefined);
  const problem = useSession(({ problems }) => problems.training);
  const report = useSession((session) => session.report);
  const sweeping = useSweep(({ active }) => active?.status === "running" || active?.status === "paused");
  const startable = ready && !live && !sweeping && !impossible && !noData;
  const paused = live?.status === "paused";
  return (
    <div className={classes.place}>
      <div role="group" aria-label="Training" className={classes.transport}>
        <button type="button" className={classes.train} disabled={!startable} onClick={() => void train()}>
          <Play /> Train
        </button>
        <button
          type="button"
          className={classes.button}
          disabled={!live}
          onClick={() => void (paused ? resume() : pause())}
        >
          {paused ? <Play /> : <PauseBars />}
          <span>{paused ? "Resume" : "Pause"}</span>
        </button>
        <button
          type="button"
          className={classes.button}
          disabled={live ? !paused : !startable}
          onClick={() => void step()}
        >
          <StepForward /> <span>Step</span>
        </button>
        <button type="button" className={classes.button} disabled={!live} onClick={() => void stop()}>
          <StopSquare /> <span>Stop</span>
        </button>
        <RunProgress live={live} />
      </div>
      {problem && (
        <Message kind="problem" onDismiss={() => report("training", undefined)}>
          {problem}
        </Message>
      )}
      <RunAdvice />
    </div>
  );
}
