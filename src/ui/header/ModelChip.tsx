/** The frozen model: what it is, and how to open another. */
import { Button } from "@mantine/core";
import { defaultModel } from "../../config/experiment.ts";
import { formatBytes, formatCount, formatShortCount } from "../../lib/format.ts";
import { useDraft } from "../../store/draft.ts";
import { useSession } from "../../store/session.ts";
import { Layers } from "../shared/icons.tsx";
import { Message } from "../shared/Message.tsx";
import { ChipPopover, Facts } from "./ChipPopover.tsx";
import { ModelFolder } from "./ModelFolder.tsx";
import { ModelProgress } from "./ModelProgress.tsx";
import classes from "./Header.module.css";

export function ModelChip() {
  const model = useSession((session) => session.model);
  const progress = useSession((session) => session.modelProgress);
  const problem = useSession(({ problems }) => problems.model);
  return (
    <ChipPopover
      name="Model"
      chip={
        <>
          <Layers />
          <span className={classes.chipText}>{chipText(model, progress)}</span>
        </>
      }
    >
      {model && <ModelFacts />}
      {progress && <ModelProgress progress={progress} />}
      {problem && <Message kind="problem">{problem}</Message>}
      <ModelFolder />
      {model && model.id !== defaultModel && <BuiltInModel />}
    </ChipPopover>
  );
}

type Session = ReturnType<typeof useSession.getState>;

function chipText(model: Session["model"], progress: Session["modelProgress"]) {
  if (progress) return `Loading ${formatBytes(progress.loaded)} of ${formatBytes(progress.total)}`;
  if (!model) return "No model yet";
  return (
    <>
      <strong>{model.id}</strong> · {formatShortCount(model.dimensions.parameters)}
    </>
  );
}

function ModelFacts() {
  const model = useSession((session) => session.model);
  if (!model) return null;
  const { dimensions, family, bytes, hash, unexpected } = model;
  return (
    <>
      <Facts
        rows={[
          ["Family", family],
          ["Layers", `${dimensions.layers}, ${dimensions.width} wide, ${dimensions.heads} heads`],
          ["Vocabulary", formatCount(dimensions.vocabulary)],
          ["Positions", formatCount(dimensions.positions)],
          ["Frozen numbers", formatCount(dimensions.parameters)],
          ["File", formatBytes(bytes)],
          ["SHA-256", `${hash.slice(0, 12)}…`],
        ]}
      />
      {unexpected.length > 0 && (
        <Message kind="note">
          Not used from this file: {unexpected.slice(0, 4).join(", ")}
          {unexpected.length > 4 && ` and ${unexpected.length - 4} more`}.
        </Message>
      )}
    </>
  );
}

function BuiltInModel() {
  const change = useDraft((draft) => draft.change);
  return (
    <Button variant="default" size="xs" onClick={() => change("model", defaultModel)}>
      Back to the built-in model
    </Button>
  );
}
