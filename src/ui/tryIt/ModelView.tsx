/**
 * What the model sees under the current settings: the typed input or a training example as tokens, with the prompt's slots
 * where they stand and, in an example, what training wants.
 */
import { useState } from "react";
import type { ExampleInput } from "../../lib/examples/example.ts";
import { promptedLayersOf, promptLengthOf } from "../../methods/index.schema.ts";
import { useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { DEFAULT_LAYERS, useDimensions } from "../hooks/useDimensions.ts";
import { Message } from "../shared/Message.tsx";
import { Panel } from "../shared/Panel.tsx";
import { ExampleChoice } from "./ExampleChoice.tsx";
import { TokenList } from "./TokenList.tsx";
import { usePreview } from "./usePreview.ts";
import classes from "./TryIt.module.css";

/** Without an input, because the settings ask for one of another form, examples are shown. */
export function ModelView({ input }: { readonly input: ExampleInput | undefined }) {
  const [example, setExample] = useState<number>();
  const count = useData(({ report }) => report?.trainExamples ?? 0);
  const place = input === undefined ? (example ?? 0) : example;
  const number = place === undefined ? undefined : Math.min(place, Math.max(0, count - 1));
  const { preview, problem } = usePreview(number ?? input);
  const slots = preview?.tokens.filter(({ kind }) => kind === "slot").length ?? 0;
  const words = preview ? preview.tokens.length - slots : 0;
  return (
    <Panel title="What the model sees" aside={preview && <Count slots={slots} tokens={words} />}>
      {count > 0 && (
        <ExampleChoice number={number} count={count} hasInput={input !== undefined} onChange={setExample} />
      )}
      {problem && <Message kind="problem">{problem}</Message>}
      {preview && (
        <>
          <TokenList tokens={preview.tokens} />
          {preview.label !== undefined && (
            <p className={classes.quiet}>
              Its label: <b>{preview.label}</b>
            </p>
          )}
          <p className={classes.quiet}>
            <WhereSlotsStand />
            {preview.truncated && " The text is cut to fit."}
            {preview.windows > 1 && ` It is read in ${preview.windows} windows; this is number ${preview.window + 1}.`}
          </p>
        </>
      )}
    </Panel>
  );
}

function Count({ slots, tokens }: { readonly slots: number; readonly tokens: number }) {
  return (
    <span className={classes.count}>
      {slots > 0 && <b>{slots} + </b>}
      {tokens} tokens
    </span>
  );
}

function WhereSlotsStand() {
  const method = useDraft(({ experiment }) => experiment.method);
  const layers = useDimensions().dimensions?.layers ?? DEFAULT_LAYERS;
  if (promptLengthOf(method) === 0) return "No virtual tokens: the model reads the text alone.";
  if (method.kind === "prompt-tuning" || method.kind === "p-tuning") {
    return method.placement === "template"
      ? "The slots stand among the words at the input, where the template says [P]."
      : "The slots stand in front of the text at the input.";
  }
  const prompted = promptedLayersOf(method, layers);
  const where =
    prompted.length === layers ? "every layer" : `layer${prompted.length > 1 ? "s" : ""} ${prompted.join(", ")}`;
  return `The slots are keys and values that the text attends to in ${where}.`;
}
