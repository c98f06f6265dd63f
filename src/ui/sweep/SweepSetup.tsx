/** A sweep before it starts: the settings of the page vary over a line of values each; what that costs stands above the button. */
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMemo } from "react";
import { axisText } from "../../config/sweepText.ts";
import { flatten } from "../../lib/paths.ts";
import { useDraft, WHOLE_SETTINGS } from "../../store/draft.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { plannedSweep, usableAxes, useSweepDraft } from "../../store/sweepDraft.ts";
import { startSweep } from "../../store/sweeps.ts";
import { Message } from "../shared/Message.tsx";
import { AxisLine } from "./AxisLine.tsx";
import { SweepCost } from "./SweepCost.tsx";
import { SweepFileButtons } from "./SweepFileButtons.tsx";
import { SweepLinkButton } from "./SweepLinkButton.tsx";
import { fieldFor, sweepFields, type SweepField } from "./sweepFields.ts";
import classes from "./Sweep.module.css";

export function SweepSetup() {
  const experiment = useDraft((draft) => draft.experiment);
  const { axes, seeds, setSeeds } = useSweepDraft();
  const ready = useSession(({ engine, model }) => engine === "ready" && model !== undefined);
  const busy = useRuns(({ runs }) => runs.some(isLive));
  const fields = useMemo(() => sweepFields(experiment), [experiment]);
  const usable = usableAxes(axes, experiment);
  const planned = useMemo(() => plannedSweep(experiment, { axes, seeds }), [experiment, axes, seeds]);
  return (
    <div className={classes.setup}>
      <p className={classes.note}>
        Trains the settings on this page with every combination of these values. Values stand in a line, with commas
        between them.
      </p>
      <div className={classes.axes}>
        {usable.map((axis) => (
          <AxisLine key={axis.field} axis={axis} field={fieldFor(fields, axis.field)} />
        ))}
        <TextInput
          label="Seeds"
          description="each repeats the whole grid"
          size="xs"
          value={seeds}
          onChange={(event) => setSeeds(event.currentTarget.value)}
        />
        <AddAxis fields={fields.filter(({ path }) => usable.every(({ field }) => field !== path))} />
      </div>
      {planned.kind === "problem" ? (
        <Message kind="problem">{planned.message}</Message>
      ) : (
        <SweepCost sweep={planned.sweep} cells={planned.cells} />
      )}
      <div className={classes.buttons}>
        <Button
          size="xs"
          disabled={!ready || busy || planned.kind === "problem"}
          onClick={() => planned.kind === "planned" && void startSweep(planned.sweep)}
        >
          Start sweep
        </Button>
        <SweepFileButtons sweep={planned.kind === "planned" ? planned.sweep : undefined} />
        <SweepLinkButton sweep={planned.kind === "planned" ? planned.sweep : undefined} />
      </div>
    </div>
  );
}

/** Any other setting becomes an axis, beginning with the value it has now. */
function AddAxis({ fields }: { readonly fields: readonly SweepField[] }) {
  const setAxis = useSweepDraft((draft) => draft.setAxis);
  const add = (path: string) => {
    const value = flatten(useDraft.getState().experiment, WHOLE_SETTINGS)[path];
    setAxis(path, axisText(path, [value]));
  };
  return (
    <NativeSelect
      label="Another setting"
      description="becomes an axis of its own"
      size="xs"
      value=""
      data={[{ value: "", label: "Add…" }, ...fields.map(({ path, title }) => ({ value: path, label: title }))]}
      onChange={(event) => event.currentTarget.value !== "" && add(event.currentTarget.value)}
    />
  );
}
