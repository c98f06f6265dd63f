/** What the settings cost, before anything runs: trained numbers at once, time and memory as soon as the engine has them. */
import type { Experiment } from "../../config/experiment.ts";
import { formatBytes, formatCount, formatPercent, formatSeconds } from "../../lib/format.ts";
import { methodDescriptions, trainedNumbersOf } from "../../methods/index.schema.ts";
import { useDraft } from "../../store/draft.ts";
import { useSession } from "../../store/session.ts";
import type { Estimate } from "../../worker/protocol.ts";
import { usesOwnHead } from "../../tasks/taskFit.schema.ts";
import { useDimensions } from "../hooks/useDimensions.ts";
import { Message } from "../shared/Message.tsx";
import classes from "./ExperimentPanel.module.css";

export function EstimateLine() {
  const experiment = useDraft((draft) => draft.experiment);
  const estimate = useSession((session) => session.estimate);
  const problem = useSession(({ problems }) => problems.settings) ?? estimate?.problem;
  const { dimensions, classes: classCount } = useDimensions();
  const columns = usesOwnHead(experiment.task) ? 0 : classCount;
  const counted =
    dimensions && columns !== undefined ? trainedNumbersOf(experiment.method, dimensions, columns) : undefined;
  // How many classes further data sets have, the engine finds when it reads them.
  const isShared = experiment.multiTask.others.length > 0 && estimate?.problem === undefined;
  const trained = isShared ? estimate?.trained : counted;
  const { adds: added = "" }: { readonly adds?: string } = methodDescriptions[experiment.method.kind];
  const total = trained ? trained.prompt + trained.head + trained.model : undefined;
  return (
    <div className={classes.estimate} aria-live="polite">
      {problem && <Message kind="problem">{problem}</Message>}
      <div className={classes.trained}>
        {total === undefined ? "–" : formatCount(total)}{" "}
        <span className={classes.trainedWords}>trained numbers (parameters)</span>
      </div>
      {trained && dimensions && total !== undefined && (
        <div className={classes.figures}>
          {trained.model > 0 && <span>model {formatCount(trained.model)}</span>}
          {trained.prompt > 0 && (
            <span>
              {added} {formatCount(trained.prompt)}
            </span>
          )}
          {(columns !== 0 || trained.head > 0) && (
            <span>
              {isShared ? "heads" : "head"} {formatCount(trained.head)}
            </span>
          )}
          <span>{formatPercent(total / dimensions.parameters)} of the model</span>
        </div>
      )}
      <div className={classes.figures}>{estimate && <Costs estimate={estimate} experiment={experiment} />}</div>
    </div>
  );
}

function Costs({ estimate, experiment }: { readonly estimate: Estimate; readonly experiment: Experiment }) {
  const { seeds, training } = experiment;
  const { seconds, weightBytes, activationBytes, cacheBytes } = estimate;
  return (
    <>
      <span>{seconds === undefined ? "time: after a first run" : `~ ${formatSeconds(seconds * seeds)}`}</span>
      <span>{formatBytes(weightBytes + activationBytes + cacheBytes)} memory</span>
      <span>{formatCount(training.steps * seeds)} steps</span>
    </>
  );
}
