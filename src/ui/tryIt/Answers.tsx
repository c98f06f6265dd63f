/** The selected run's answer before and after training, as probabilities per label. */
import { modelMismatch } from "../../store/modelMatch.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useSession } from "../../store/session.ts";
import { Message } from "../shared/Message.tsx";
import { ProbabilityBars } from "./ProbabilityBars.tsx";
import { usePredictions, type TextInput } from "./usePredictions.ts";
import classes from "./TryIt.module.css";

export function Answers({ run, input }: { readonly run: RunEntry; readonly input: TextInput }) {
  const mismatch = useSession(({ model }) => modelMismatch(run, model));
  const { before, after, problem } = usePredictions(run, input, mismatch === undefined);
  if (mismatch) return <Message kind="note">{mismatch}</Message>;
  return (
    <>
      <div className={classes.answer}>
        <h3>
          Before <small>untrained head: a guess</small>
        </h3>
        <ProbabilityBars labels={run.facts?.labels ?? []} prediction={before} trained={false} />
      </div>
      <div className={classes.answer}>
        <h3>
          After <small>{run.name}</small>
        </h3>
        {run.status === "running" || run.status === "paused" ? (
          <p className={classes.quiet}>Answers when the run is finished or stopped.</p>
        ) : (
          <ProbabilityBars labels={run.facts?.labels ?? []} prediction={after} trained />
        )}
      </div>
      {problem && <Message kind="problem">{problem}</Message>}
    </>
  );
}
