/** Several runs at once: chosen from a list, asked in lines, answered in one batch on one copy of the frozen model. */
import { Button, Textarea } from "@mantine/core";
import { useId, useState } from "react";
import { useData } from "../../store/data.ts";
import { answerersOf, answerMixed, useMixed } from "../../store/mixed.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { FoldedPanel } from "../shared/FoldedPanel.tsx";
import { Message } from "../shared/Message.tsx";
import { MixedChoice } from "./MixedChoice.tsx";
import { MixedTable } from "./MixedTable.tsx";
import { formOf, inputOfLine } from "./tryInput.ts";
import classes from "./Mixed.module.css";

const FIRST_LINES = "A wonderful film, warm and funny.\nThe soup was cold and the waiter was rude.";

export function MixedBatch() {
  return (
    <FoldedPanel title="One batch, several runs">
      <Body />
    </FoldedPanel>
  );
}

function Body() {
  const all = useRuns((store) => store.runs);
  const busy = all.some(isLive);
  const model = useSession((session) => session.model);
  const ready = useSession(({ engine }) => engine === "ready");
  const own = useData((store) => store.own);
  const { state, result, problem } = useMixed();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState(FIRST_LINES);
  const help = useId();
  const known = answerersOf(all);
  const answerers = known.filter(({ id }) => chosen.has(id));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const answer = (compare: boolean) => {
    if (model === undefined) return;
    const inputOf: Parameters<typeof answerMixed>[0]["inputOf"] = ({ set }, line) =>
      inputOfLine(formOf(set.experiment, own), line);
    void answerMixed({ answerers, lines, inputOf, model, compare });
  };
  const unable = !ready || busy || state !== "idle" || lines.length === 0 || answerers.length < 2;
  return (
    <div className={classes.mixed}>
      <MixedChoice answerers={known} chosen={chosen} onChange={setChosen} />
      <Textarea
        label="Lines"
        aria-label="Lines to answer"
        aria-describedby={help}
        autosize={false}
        rows={3}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p id={help} className={classes.quiet}>
        One per line. A second text, a question or a verb stands behind a bar: passage | question.
      </p>
      <div className={classes.buttons}>
        <Button size="xs" disabled={unable} onClick={() => answer(false)}>
          {state === "answering" ? "Answering…" : "Answer in one batch"}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={unable}
          title="Each run answers once more alone; logits are compared"
          onClick={() => answer(true)}
        >
          {state === "comparing" ? "Comparing…" : "Compare with each alone"}
        </Button>
      </div>
      {busy && <p className={classes.quiet}>Answers when the run has ended.</p>}
      {!busy && answerers.length < 2 && <p className={classes.quiet}>Choose two runs or more.</p>}
      {problem && <Message kind="problem">{problem}</Message>}
      {result && <MixedTable result={result} />}
    </div>
  );
}
