/** The last advice of the run in progress, or of the selected one: diverged, not learning, recovered. */
import { isLive } from "../../store/runEntry.ts";
import { findRun, useRuns } from "../../store/runs.ts";
import { Message } from "../shared/Message.tsx";

export function RunAdvice() {
  const run = useRuns((state) => state.runs.find(isLive) ?? findRun(state, state.selectedId));
  const last = run?.advice.at(-1);
  if (!run || !last) return null;
  return (
    <Message kind={last.advice === "diverged" ? "problem" : "note"}>
      <b>{run.name}</b>, step {last.step}: {last.message}
    </Message>
  );
}
