/** Official recipes by name: what the authors' released settings are, put into the form in one go. */
import { NativeSelect } from "@mantine/core";
import { useMemo } from "react";
import { methodMisfit } from "../../config/fit.ts";
import { presets, withPreset } from "../../config/presets.ts";
import { sameValue } from "../../lib/paths.ts";
import { useDraft } from "../../store/draft.ts";
import classes from "./ExperimentPanel.module.css";

export function RecipeChoice() {
  const experiment = useDraft((draft) => draft.experiment);
  const load = useDraft((draft) => draft.load);
  const current = useMemo(
    () => presets.find((preset) => sameValue(withPreset(experiment, preset), experiment)),
    [experiment],
  );
  const options = presets.map(({ id, label, method }) => {
    const misfit = methodMisfit(method.kind, experiment.task);
    return { value: id, label, disabled: misfit !== undefined };
  });
  const choose = (id: string) => {
    const preset = presets.find((known) => known.id === id);
    if (preset) load(withPreset(experiment, preset));
  };
  return (
    <>
      <NativeSelect
        size="xs"
        label="Recipe"
        title="Settings that the authors of a paper or a library released"
        value={current?.id ?? ""}
        data={[{ value: "", label: "your own settings" }, ...options]}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {current && (
        <p className={classes.summary}>
          From <cite>{current.source}</cite>. {current.differs}
        </p>
      )}
    </>
  );
}
