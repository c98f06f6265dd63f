/** The selected run's answer before and after training. */
import { isQuestionInput, type ExampleInput } from "../../lib/examples/example.ts";
import { answeredSets } from "../../store/answeredSets.ts";
import { modelMismatch } from "../../store/modelMatch.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useSession } from "../../store/session.ts";
import type { TaskSettings } from "../../tasks/index.schema.ts";
import { Message } from "../shared/Message.tsx";
import { PredictionView } from "./PredictionView.tsx";
import { usePredictions } from "./usePredictions.ts";
import classes from "./TryIt.module.css";

interface AnswersProps {
  readonly run: RunEntry;
  /** Which of the run's data sets answers. */
  readonly place: number;
  readonly input: ExampleInput;
}

export function Answers({ run, place, input }: AnswersProps) {
  const mismatch = useSession(({ model }) => modelMismatch(run, model));
  const { before, after, problem } = usePredictions(run, place, input, mismatch === undefined);
  if (mismatch) return <Message kind="note">{mismatch}</Message>;
  const { experiment, labels } = answeredSets(run)[place] ?? answeredSets(run)[0];
  const passage = isQuestionInput(input) ? input.context : undefined;
  return (
    <>
      <div className={classes.answer}>
        <h3>
          Before <small>{beforeWords(experiment.task)}</small>
        </h3>
        <PredictionView prediction={before} labels={labels} trained={false} passage={undefined} />
      </div>
      <div className={classes.answer}>
        <h3>
          After <small>{run.name}</small>
        </h3>
        {isLive(run) ? (
          <p className={classes.quiet}>Answers when the run is finished or stopped.</p>
        ) : (
          <PredictionView prediction={after} labels={labels} trained passage={passage} />
        )}
      </div>
      {problem && <Message kind="problem">{problem}</Message>}
    </>
  );
}

/** What answers before training: a head that is the model's own needs none. */
function beforeWords(task: TaskSettings): string {
  switch (task.kind) {
    case "sequence-classification":
      return task.head === "verbalizer" ? "the frozen model's own words" : "untrained head: a guess";
    case "token-classification":
    case "question-answering":
      return "untrained head: a guess";
    case "causal-lm":
      return "the frozen model's own words";
    default:
      return task satisfies never;
  }
}
