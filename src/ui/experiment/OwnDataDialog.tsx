/** Own data of any kind: a file or pasted text to train on, and if there is one a second for evaluation. Keeps everything typed. */
import { Button, Modal, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { isTextExample, type Example } from "../../lib/examples/example.ts";
import { describeLines, trainingObstacle } from "../../lib/examples/parseExamples.ts";
import { exampleKinds, guessKind, type ExampleKind, type ReadExamples } from "../../lib/examples/readExamples.ts";
import { takeOwnData } from "../../store/ownData.ts";
import { Message } from "../shared/Message.tsx";
import { ExamplesSource, NOTHING, readSource, type SourceState } from "./ExamplesSource.tsx";
import { KIND_WORDS, summaryOf } from "./exampleWords.ts";
import classes from "./OwnDataDialog.module.css";

export default function OwnDataDialog({ onClose }: { readonly onClose: () => void }) {
  const [training, setTraining] = useState(NOTHING);
  const [evaluation, setEvaluation] = useState(NOTHING);
  /** What the visitor says the files hold; until then they speak for themselves. */
  const [chosen, setChosen] = useState<ExampleKind>();
  const kind = chosen ?? guessKind(training.name, training.text);
  const train = examplesIn(training.parsed);
  const evaluate = examplesIn(evaluation.parsed);
  const obstacle = train ? obstacleOf(train, evaluate) : undefined;
  const unfinished = evaluation.text !== "" && !evaluate;

  const choose = async (next: ExampleKind) => {
    setChosen(next);
    setTraining(await readSource(training, next));
    setEvaluation(await readSource(evaluation, next));
  };
  const takeTraining = async (state: SourceState) => {
    setTraining(state);
    const next = chosen ?? guessKind(state.name, state.text);
    const read = await readSource(state, next);
    setTraining((now) => (now === state ? read : now));
    if (next !== kind) setEvaluation(await readSource(evaluation, next));
  };
  const takeEvaluation = async (state: SourceState) => {
    setEvaluation(state);
    const read = await readSource(state, kind);
    setEvaluation((now) => (now === state ? read : now));
  };
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
        <NativeSelect
          label="Read as"
          size="xs"
          value={kind}
          data={exampleKinds.map((value) => ({ value, label: KIND_WORDS[value].label }))}
          onChange={({ currentTarget: { value } }) => {
            const next = exampleKinds.find((known) => known === value);
            if (next) void choose(next);
          }}
        />
        <p className={classes.help}>{KIND_WORDS[kind].formats} Nothing leaves this machine.</p>
        <ExamplesSource title="Training examples" kind={kind} state={training} onChange={takeTraining} />
        <details>
          <summary>Evaluation examples of their own</summary>
          <p className={classes.help}>Without them a share of the training examples is held out.</p>
          <ExamplesSource title="Evaluation examples" kind={kind} state={evaluation} onChange={takeEvaluation} />
        </details>
        <LeftOut parsed={training.parsed} />
        <LeftOut parsed={evaluation.parsed} />
        {obstacle && <Message kind="problem">{obstacle}</Message>}
        <div className={classes.footer}>
          <span>{train && !obstacle && summaryOf(train)}</span>
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

function LeftOut({ parsed }: { readonly parsed: ReadExamples | undefined }) {
  if (parsed?.kind !== "examples" || parsed.leftOut.length === 0) return null;
  return <Message kind="note">Left out: {describeLines(parsed.leftOut)}.</Message>;
}

function examplesIn(parsed: ReadExamples | undefined): readonly Example[] | undefined {
  return parsed?.kind === "examples" ? parsed.examples : undefined;
}

/** Labels are checked here; what else stands against training, the engine says. */
function obstacleOf(train: readonly Example[], evaluation: readonly Example[] | undefined): string | undefined {
  const labelled = train.filter(isTextExample);
  return labelled.length === 0 ? undefined : trainingObstacle(labelled, evaluation?.filter(isTextExample));
}
