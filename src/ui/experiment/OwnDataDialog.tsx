/** Own data: a file or pasted text to train on, and if there is one a second for evaluation. Keeps everything typed. */
import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { formatCount } from "../../lib/format.ts";
import { describeLines, trainingObstacle, type ParsedExamples } from "../../lib/examples/parseExamples.ts";
import { takeOwnData } from "../../store/ownData.ts";
import { Message } from "../shared/Message.tsx";
import { ExamplesSource, type SourceState } from "./ExamplesSource.tsx";
import classes from "./OwnDataDialog.module.css";

const EMPTY: SourceState = { name: "", text: "", parsed: undefined };

export default function OwnDataDialog({ onClose }: { readonly onClose: () => void }) {
  const [training, setTraining] = useState(EMPTY);
  const [evaluation, setEvaluation] = useState(EMPTY);
  const train = examplesIn(training.parsed);
  const evaluate = examplesIn(evaluation.parsed);
  const obstacle = train ? trainingObstacle(train, evaluate) : undefined;
  const unfinished = evaluation.text !== "" && !evaluate;

  const use = () => {
    if (!train) return;
    void takeOwnData({ name: training.name || "Pasted text", train, ...(evaluate && { evaluation: evaluate }) });
    onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title="Own data"
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
      attributes={{ header: { role: "presentation" } }}
    >
      <div className={classes.dialog}>
        <p className={classes.help}>
          CSV or TSV with a header (columns <code>text</code>, <code>label</code>, for pairs also <code>text_pair</code>
          ), or JSON Lines. Pasted lines may also be <code>text | label</code>. Nothing leaves this machine.
        </p>
        <ExamplesSource title="Training examples" state={training} onChange={setTraining} />
        <details>
          <summary>Evaluation examples of their own</summary>
          <p className={classes.help}>Without them a share of the training examples is held out.</p>
          <ExamplesSource title="Evaluation examples" state={evaluation} onChange={setEvaluation} />
        </details>
        <LeftOut parsed={training.parsed} />
        <LeftOut parsed={evaluation.parsed} />
        {obstacle && <Message kind="problem">{obstacle}</Message>}
        <div className={classes.footer}>
          <span>{train && !obstacle && summary(train.map(({ label }) => label))}</span>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={!train || obstacle !== undefined || unfinished} onClick={use}>
            Use this data
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function LeftOut({ parsed }: { readonly parsed: ParsedExamples | undefined }) {
  if (parsed?.kind !== "examples" || parsed.leftOut.length === 0) return null;
  return <Message kind="note">Left out: {describeLines(parsed.leftOut)}.</Message>;
}

function examplesIn(parsed: ParsedExamples | undefined) {
  return parsed?.kind === "examples" ? parsed.examples : undefined;
}

/** "120 examples: positive 62, negative 58" */
function summary(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const listed = [...counts].slice(0, 6).map(([label, count]) => `${label} ${formatCount(count)}`);
  return `${formatCount(labels.length)} examples: ${listed.join(", ")}${counts.size > 6 ? ", …" : ""}`;
}
