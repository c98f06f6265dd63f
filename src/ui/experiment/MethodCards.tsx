/**
 * The methods as cards, prompts first, then the baselines in smaller ones. The icon is the stack picture of a small model,
 * so that the picture is learnt by choosing. A method that has nothing to do in the task is disabled, and says why.
 */
import { useId, useState, type KeyboardEvent } from "react";
import { defaultMethod } from "../../config/experiment.ts";
import { methodMisfit } from "../../config/fit.ts";
import { methodDescriptions, methodKinds, type MethodKind, type MethodSettings } from "../../methods/index.schema.ts";
import { useDraft } from "../../store/draft.ts";
import { Hint } from "../shared/Hint.tsx";
import { Message } from "../shared/Message.tsx";
import { Stack } from "../stack/Stack.tsx";
import { stackPicture } from "../stack/stackCells.ts";
import { figureWords, knownNotToLearn } from "./learningWords.ts";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

const ICON_LAYERS = 3;
const icons = methodKinds.map((kind) => ({ kind, picture: stackPicture(iconMethod(kind), ICON_LAYERS) }));
const prompts = icons.filter(({ kind }) => methodDescriptions[kind].family === "prompts").length;

function iconMethod(kind: MethodKind): MethodSettings {
  const method = defaultMethod(kind);
  return "promptLength" in method ? { ...method, promptLength: 4 } : method;
}

export function MethodCards() {
  const label = useId();
  const chosen = useDraft(({ kind }) => kind);
  const experiment = useDraft((draft) => draft.experiment);
  const { task } = experiment;
  const chooseMethod = useDraft(({ chooseMethod: choose }) => choose);
  /** A disabled card that was pressed: its reason is shown. */
  const [refused, setRefused] = useState<MethodKind>();
  const choose = (kind: MethodKind) => {
    if (methodMisfit(kind, task) !== undefined) return setRefused(kind);
    setRefused(undefined);
    chooseMethod(kind);
  };
  const reason = refused && methodMisfit(refused, task);
  const { summary, source } = methodDescriptions[chosen];
  return (
    <div className={classes.stack}>
      <div className={slider.head}>
        <span id={label} className={slider.label}>
          Method
        </span>
        <Hint text={summary} source={source} of={label} />
      </div>
      <div role="radiogroup" aria-labelledby={label} className={classes.cards}>
        {icons.map(({ kind, picture }, index) => {
          const misfit = methodMisfit(kind, task);
          const weak = misfit === undefined ? knownNotToLearn(experiment, kind) : undefined;
          return (
            <button
              key={kind}
              type="button"
              role="radio"
              aria-checked={kind === chosen}
              aria-disabled={misfit !== undefined}
              tabIndex={kind === chosen ? 0 : -1}
              className={classes.card}
              data-baseline={index >= prompts || undefined}
              title={misfit ?? `${methodDescriptions[kind].term}: ${methodDescriptions[kind].summary}`}
              onClick={() => choose(kind)}
              onKeyDown={(event) => moveChoice(event, kind, choose)}
            >
              <Stack picture={picture} tokens={index < prompts ? 6 : 4} small />
              <span className={classes.cardName}>{methodDescriptions[kind].label}</span>
              {weak && <span className={classes.cardBadge}>does not learn here: {figureWords(weak)}</span>}
            </button>
          );
        })}
      </div>
      {refused && reason && (
        <Message kind="note" onDismiss={() => setRefused(undefined)}>
          <b>{methodDescriptions[refused].label}:</b> {reason}
        </Message>
      )}
    </div>
  );
}

/** Arrow keys move the choice and the focus, as in any group of radio buttons. */
function moveChoice(event: KeyboardEvent<HTMLElement>, from: MethodKind, choose: (kind: MethodKind) => void): void {
  const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!move) return;
  event.preventDefault();
  const index = (methodKinds.indexOf(from) + move + methodKinds.length) % methodKinds.length;
  const next = methodKinds[index];
  if (next) choose(next);
  const target = event.currentTarget.parentElement?.children[index];
  if (target instanceof HTMLElement) target.focus();
}
