/** How well the run in progress, or the last one, uses this machine, and what the exact savings are worth. Folded until asked for. */
import { formatBytes, formatRate } from "../../lib/format.ts";
import { performanceRun } from "../../store/performance.ts";
import { useRuns } from "../../store/runs.ts";
import type { RunPerformance } from "../../worker/protocol.ts";
import { FoldedPanel } from "../shared/FoldedPanel.tsx";
import { memoryBar } from "./performanceParts.ts";
import { RunFigures } from "./RunFigures.tsx";
import { Savings } from "./Savings.tsx";
import classes from "./Performance.module.css";

export function PerformancePanel() {
  const run = useRuns(({ runs }) => performanceRun(runs));
  return (
    <FoldedPanel
      title="Performance"
      aside={(open) => (
        <>
          {!open && run?.performance && <Summary performance={run.performance} />}
          {open && run && <span>{run.name}</span>}
        </>
      )}
    >
      {run?.performance ? (
        <RunFigures performance={run.performance} backend={run.facts?.backend ?? ""} />
      ) : (
        <p className={classes.note}>Speed, time and memory of a run appear here as soon as one trains.</p>
      )}
      <Savings />
    </FoldedPanel>
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
