/** A grid of runs: put together, priced, started, followed as a map. Folded until asked for, or while a sweep of an earlier visit is here. */
import { useSweep } from "../../store/sweeps.ts";
import { FoldedPanel } from "../shared/FoldedPanel.tsx";
import { SweepResults } from "./SweepResults.tsx";
import { SweepSetup } from "./SweepSetup.tsx";
import { useSweepState } from "./useSweepState.ts";

export default function SweepPanel() {
  const state = useSweepState();
  const active = useSweep((store) => store.active);
  return (
    <FoldedPanel
      title="Sweep"
      startOpen={active !== undefined}
      aside={(open) =>
        state === undefined ? (
          !open && <span>length × depth × seeds in one go</span>
        ) : (
          <span>
            {state.done} of {state.cells.length} cells
          </span>
        )
      }
    >
      {state === undefined ? <SweepSetup /> : <SweepResults state={state} />}
    </FoldedPanel>
  );
}
