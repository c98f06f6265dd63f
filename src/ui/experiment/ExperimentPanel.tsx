/**
 * Everything a run depends on, the prompt and its picture first. Only what touches every experiment is in sight; the rest is
 * under "More".
 */
import { methodDescriptions } from "../../methods/index.schema.ts";
import { useDraft } from "../../store/draft.ts";
import { Panel } from "../shared/Panel.tsx";
import { DataSection } from "./DataSection.tsx";
import { EstimateLine } from "./EstimateLine.tsx";
import { ExamplesSlider } from "./ExamplesSlider.tsx";
import { LayersControl } from "./LayersControl.tsx";
import { LearningRateSlider } from "./LearningRateSlider.tsx";
import { MethodCards } from "./MethodCards.tsx";
import { MoreSettings } from "./MoreSettings.tsx";
import { TaskSection } from "./TaskSection.tsx";
import { PromptLengthSlider } from "./PromptLengthSlider.tsx";
import { RecipeChoice } from "./RecipeChoice.tsx";
import { SharedData } from "./SharedData.tsx";
import classes from "./ExperimentPanel.module.css";

export function ExperimentPanel() {
  const method = useDraft(({ experiment }) => experiment.method);
  return (
    <Panel title="Experiment" aside={methodDescriptions[method.kind].term}>
      <div className={classes.controls}>
        <DataSection />
        <SharedData />
        <MethodCards />
        {"promptLength" in method && <PromptLengthSlider length={method.promptLength} />}
        <LayersControl />
        <TaskSection />
        <RecipeChoice />
        <ExamplesSlider />
        <LearningRateSlider />
        <MoreSettings />
        <EstimateLine />
      </div>
    </Panel>
  );
}
