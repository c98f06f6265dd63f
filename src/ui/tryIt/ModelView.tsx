/** What the model sees: the typed text as tokens, with the prompt's slots where they stand. */
import { useDraft } from "../../store/draft.ts";
import { promptedLayersOf, promptLengthOf } from "../../methods/index.schema.ts";
import { DEFAULT_LAYERS, useDimensions } from "../hooks/useDimensions.ts";
import { Message } from "../shared/Message.tsx";
import { Panel } from "../shared/Panel.tsx";
import type { TokenView } from "../../worker/protocol.ts";
import { usePreview } from "./usePreview.ts";
import type { TextInput } from "./usePredictions.ts";
import classes from "./TryIt.module.css";

/** Longer prompts are shown as this many slots and a count. */
const MOST_SLOTS = 16;

export function ModelView({ input }: { readonly input: TextInput }) {
  const { preview, problem } = usePreview(input);
  const slots = preview?.tokens.filter(({ kind }) => kind === "slot").length ?? 0;
  const words = preview ? preview.tokens.length - slots : 0;
  return (
    <Panel title="What the model sees" aside={preview && <Count slots={slots} tokens={words} />}>
      {problem && <Message kind="problem">{problem}</Message>}
      {preview && (
        <>
          <ol className={classes.tokens}>
            {shownTokens(preview.tokens).map((token, index) =>
              typeof token === "string" ? (
                <li key={index} className={classes.more}>
                  {token}
                </li>
              ) : (
                <li
                  key={index}
                  className={classes.token}
                  data-kind={token.kind}
                  data-second={token.type === 1 || undefined}
                  title={tokenTitle(token)}
                >
                  {token.kind === "slot" ? <span className="visually-hidden">slot</span> : token.text}
                </li>
              ),
            )}
          </ol>
          <p className={classes.quiet}>
            <WhereSlotsStand />
            {preview.truncated && " The text is cut to fit."}
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

/** All tokens, but of a long prompt only the first slots and how many follow. */
function shownTokens(tokens: readonly TokenView[]): (TokenView | string)[] {
  const slots = tokens.filter(({ kind }) => kind === "slot");
  const rest = tokens.filter(({ kind }) => kind !== "slot");
  const hidden = slots.length - MOST_SLOTS;
  return hidden > 0 ? [...slots.slice(0, MOST_SLOTS), `+ ${hidden}`, ...rest] : [...tokens];
}

function tokenTitle({ kind, text, id }: TokenView): string {
  if (kind === "slot") return "A virtual token: trained numbers, no word";
  if (kind === "unknown") return `${text}: not in the vocabulary`;
  return `${text}, number ${id}`;
}

function WhereSlotsStand() {
  const method = useDraft(({ experiment }) => experiment.method);
  const layers = useDimensions().dimensions?.layers ?? DEFAULT_LAYERS;
  if (promptLengthOf(method) === 0) return "No virtual tokens: the model reads the text alone.";
  if (method.kind === "prompt-tuning") return "The slots stand in front of the text at the input.";
  const prompted = promptedLayersOf(method, layers);
  const where =
    prompted.length === layers ? "every layer" : `layer${prompted.length > 1 ? "s" : ""} ${prompted.join(", ")}`;
  return `The slots are keys and values that the text attends to in ${where}.`;
}
