/** The exact savings, which of them the settings use, and what each is worth, measured on request by switching it off. */
import { Button } from "@mantine/core";
import { savingsSchema } from "../../config/training.ts";
import { formatBytes } from "../../lib/format.ts";
import { useDraft } from "../../store/draft.ts";
import { cancelMeasuring, startMeasuring, usePerformance, type Measurement } from "../../store/performance.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { Hint } from "../shared/Hint.tsx";
import { Message } from "../shared/Message.tsx";
import { ProgressBar } from "../shared/ProgressBar.tsx";
import { formatMilliseconds, SavingRow } from "./SavingRow.tsx";
import classes from "./Performance.module.css";

const NAMES = savingsSchema.keyof().options;

const HINT =
  "None of these changes a result; each leaves out work whose outcome nobody needs or that was done before. They can be switched off under More. Measuring trains a few steps with all of them and then without each, and throws away what was trained.";

export function Savings() {
  const measurement = usePerformance((state) => state.measurement);
  const savings = useDraft(({ experiment }) => experiment.training.savings);
  return (
    <section className={classes.section}>
      <h3>
        Exact savings <Hint text={HINT} />
        <MeasureButton running={measurement?.state === "running"} />
      </h3>
      {measurement && <State measurement={measurement} />}
      <table className={classes.savings} aria-label="Exact savings">
        <thead>
          <tr>
            <th scope="col">Saving</th>
            <th scope="col">Step without it</th>
            <th scope="col">Saves</th>
          </tr>
        </thead>
        <tbody>
          {NAMES.map((name) => (
            <SavingRow key={name} name={name} isActive={savings[name]} measurement={measurement} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function MeasureButton({ running }: { readonly running: boolean }) {
  const live = useRuns(({ runs }) => runs.some(isLive));
  const ready = useSession(({ engine, model }) => engine === "ready" && model !== undefined);
  if (running) {
    return (
      <Button size="compact-xs" variant="default" className={classes.measure} onClick={() => void cancelMeasuring()}>
        Cancel
      </Button>
    );
  }
  return (
    <Button
      size="compact-xs"
      variant="default"
      className={classes.measure}
      disabled={live || !ready}
      title={live ? "Wait until the run has ended" : undefined}
      onClick={() => void startMeasuring()}
    >
      Measure
    </Button>
  );
}

/** How far the measuring is, or how it ended. */
function State({ measurement }: { readonly measurement: Measurement }) {
  const { state, done, total, saving, reference, problem } = measurement;
  const changed = useDraft(({ experiment }) => experiment !== measurement.experiment);
  if (state === "failed") return <Message kind="problem">{problem}</Message>;
  if (state === "running") {
    const off = saving === undefined ? "with everything" : `without “${savingsSchema.shape[saving].meta()?.title}”`;
    return (
      <div role="status">
        <ProgressBar
          words={total === 0 ? "Preparing" : `Step ${done} of ${total}, ${off}`}
          label="Measured steps"
          value={done}
          max={Math.max(1, total)}
        />
      </div>
    );
  }
  return (
    <p className={classes.note}>
      {reference &&
        `With all of them a step takes ${formatMilliseconds(reference)} and ${formatBytes(reference.bytes)}. `}
      {state === "cancelled" && "Cancelled; what was measured stays. "}
      {changed && "The settings have changed since."}
    </p>
  );
}
