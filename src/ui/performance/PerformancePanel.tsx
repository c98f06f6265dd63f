/** How well the run in progress, or the last one, uses this machine, and what the exact savings are worth. Folded until asked for. */
import { useId, useState } from "react";
import { formatBytes, formatRate } from "../../lib/format.ts";
import { performanceRun } from "../../store/performance.ts";
import { useRuns } from "../../store/runs.ts";
import type { RunPerformance } from "../../worker/protocol.ts";
import { Chevron } from "../shared/icons.tsx";
import { Panel } from "../shared/Panel.tsx";
import { memoryBar } from "./performanceParts.ts";
import { RunFigures } from "./RunFigures.tsx";
import { Savings } from "./Savings.tsx";
import classes from "./Performance.module.css";

export function PerformancePanel() {
  const [open, setOpen] = useState(false);
  const run = useRuns(({ runs }) => performanceRun(runs));
  const id = useId();
  return (
    <Panel
      title="Performance"
      className={open ? undefined : classes.folded}
      aside={
        <>
          {!open && run?.performance && <Summary performance={run.performance} />}
          {open && run && <span>{run.name}</span>}
          <button
            type="button"
            className={classes.fold}
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
          >
            <Chevron /> {open ? "Hide" : "Show"}
          </button>
        </>
      }
    >
      <div id={id} hidden={!open} className={classes.body}>
        {open && (
          <>
            {run?.performance ? (
              <RunFigures performance={run.performance} backend={run.facts?.backend ?? ""} />
            ) : (
              <p className={classes.note}>Speed, time and memory of a run appear here as soon as one trains.</p>
            )}
            <Savings />
          </>
        )}
      </div>
    </Panel>
  );
}

function Summary({ performance }: { readonly performance: RunPerformance }) {
  const { steps, seconds } = performance;
  return (
    <span>
      {formatRate(steps / seconds)} steps/s · {formatBytes(memoryBar(performance).bytes)}
    </span>
  );
}
