/** Every other setting, generated from the schemas, folded away until asked for. */
import { NativeSelect, NumberInput } from "@mantine/core";
import { useId, useState } from "react";
import { backendSchema } from "../../config/experiment.ts";
import { useDraft } from "../../store/draft.ts";
import { Chevron } from "../shared/icons.tsx";
import { SchemaField } from "./SchemaField.tsx";
import { isShown, methodFields, taskFields, trainingFields } from "./schemaFields.ts";
import classes from "./ExperimentPanel.module.css";

const BACKENDS: Readonly<Record<string, string>> = {
  auto: "Fastest available",
  webgpu: "WebGPU",
  "tfjs-webgpu": "TensorFlow.js, WebGPU",
  wasm: "TensorFlow.js, wasm",
  cpu: "TensorFlow.js, plain",
};

export function MoreSettings() {
  const [open, setOpen] = useState(false);
  const method = useDraft(({ experiment }) => experiment.method);
  const task = useDraft((draft) => draft.task);
  const touched = useDraft(({ touched: values }) => Object.keys(values).length);
  const id = useId();
  const fields = [
    ...methodFields(method.kind).filter((field) => isShown(field, method)),
    ...taskFields(task),
    ...trainingFields,
  ];
  return (
    <div>
      <button
        type="button"
        className={classes.moreButton}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Chevron /> More
      </button>
      <div id={id} className={classes.more} hidden={!open}>
        {open && (
          <>
            {fields.map((field) => (
              <SchemaField key={field.path} field={field} />
            ))}
            <RunFields />
            {touched > 0 && <ResetAll />}
          </>
        )}
      </div>
    </div>
  );
}

/** Settings of the experiment itself rather than of method or training. */
function RunFields() {
  const { seed, seeds, backend, evaluationShare } = useDraft(({ experiment }) => experiment);
  const change = useDraft((draft) => draft.change);
  return (
    <>
      <NumberInput
        label="Seed"
        title="Decides every random draw: the same seed gives the same run."
        size="xs"
        value={seed}
        min={0}
        allowDecimal={false}
        hideControls
        onChange={(value) => value !== "" && change("seed", Number(value))}
      />
      <NativeSelect
        label="Seeds per run"
        title="Repeats with the next seeds, reported as mean and deviation."
        size="xs"
        value={String(seeds)}
        data={["1", "3", "5"]}
        onChange={(event) => change("seeds", Number(event.currentTarget.value))}
      />
      <NumberInput
        label="Evaluation share"
        title="Held out for evaluation when the data has no evaluation part."
        size="xs"
        value={evaluationShare}
        min={0.05}
        max={0.9}
        step={0.05}
        hideControls
        onChange={(value) => value !== "" && change("evaluationShare", Number(value))}
      />
      <NativeSelect
        label="Backend"
        title="What computes. A change restarts the engine."
        size="xs"
        value={backend}
        data={backendSchema.options.map((option) => ({ value: option, label: BACKENDS[option] ?? option }))}
        onChange={(event) => change("backend", event.currentTarget.value)}
      />
    </>
  );
}

function ResetAll() {
  const kind = useDraft((draft) => draft.kind);
  const touched = useDraft((draft) => draft.touched);
  const forget = useDraft((draft) => draft.forget);
  return (
    <button
      type="button"
      className={`${classes.moreButton} ${classes.wide}`}
      onClick={() => Object.keys(touched).forEach((path) => path !== "data" && path !== "model" && forget(path))}
    >
      All settings back to the defaults of {kind.replaceAll("-", " ")}
    </button>
  );
}
