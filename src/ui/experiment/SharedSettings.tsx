/** How data sets that share a prompt take turns, and what follows on the run's own data. */
import { NativeSelect, NumberInput } from "@mantine/core";
import { dataLabel } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import classes from "./ExperimentPanel.module.css";

export function SharedSettings() {
  const { data, multiTask } = useDraft(({ experiment }) => experiment);
  const change = useDraft((draft) => draft.change);
  const { sampling, continueSteps, continueHead } = multiTask;
  return (
    <div className={classes.more}>
      <NativeSelect
        label="Turns"
        title="How often a data set gives a batch"
        size="xs"
        value={sampling}
        data={[
          { value: "proportional", label: "by size" },
          { value: "uniform", label: "all alike" },
        ]}
        onChange={(event) => change("multiTask.sampling", event.currentTarget.value)}
      />
      <NumberInput
        label="Then alone"
        title={`Steps on ${dataLabel(data)} alone behind the shared ones; 0 for none`}
        size="xs"
        value={continueSteps}
        min={0}
        max={100_000}
        allowDecimal={false}
        hideControls
        suffix=" steps"
        onChange={(value) => value !== "" && change("multiTask.continueSteps", Number(value))}
      />
      {continueSteps > 0 && (
        <NativeSelect
          label="Its head then"
          size="xs"
          value={continueHead}
          data={[
            { value: "kept", label: "goes on" },
            { value: "fresh", label: "starts anew" },
          ]}
          onChange={(event) => change("multiTask.continueHead", event.currentTarget.value)}
        />
      )}
    </div>
  );
}
