/** A sweep that was started: progress and its buttons, the maps, the results as files. */
import { Button } from "@mantine/core";
import { mapAxes, scoreRange } from "../../store/sweepMap.ts";
import { saveResultsCsv, saveResultsJson, saveSweep } from "../../store/sweepFiles.ts";
import { leaveSweep } from "../../store/sweeps.ts";
import { Message } from "../shared/Message.tsx";
import { sweepFields } from "./sweepFields.ts";
import { SweepMapTable } from "./SweepMapTable.tsx";
import { SweepProgress } from "./SweepProgress.tsx";
import type { SweepState } from "./useSweepState.ts";
import classes from "./Sweep.module.css";

export function SweepResults({ state }: { readonly state: SweepState }) {
  const { active, cells, maps, failed, done } = state;
  const fields = cells[0] === undefined ? [] : sweepFields(cells[0].experiment);
  const range = scoreRange(maps);
  const axes = mapAxes(active.sweep);
  const running = active.status === "running" || active.status === "paused";
  return (
    <div className={classes.setup}>
      <SweepProgress state={state} />
      {active.message !== undefined && <Message kind="problem">{active.message}</Message>}
      {failed.length > 0 && (
        <Message kind="problem">
          {failed.length === 1 ? "One cell" : `${failed.length} cells`} could not be trained: {failed[0]?.problem}
        </Message>
      )}
      {maps.map((map) => (
        <SweepMapTable key={JSON.stringify(map.fixed)} map={map} axes={axes} fields={fields} range={range} />
      ))}
      <div className={classes.buttons}>
        <Button size="xs" variant="default" disabled={done === 0} onClick={() => saveResultsCsv(active)}>
          Results as CSV
        </Button>
        <Button size="xs" variant="default" disabled={done === 0} onClick={() => saveResultsJson(active)}>
          Results as JSON
        </Button>
        <Button size="xs" variant="default" onClick={() => saveSweep(active.sweep)}>
          Save file
        </Button>
        <Button size="xs" variant="subtle" color="gray" disabled={running} onClick={leaveSweep}>
          New sweep
        </Button>
      </div>
    </div>
  );
}
