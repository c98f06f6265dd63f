/**
 * The methods as cards, prompts first, then the baselines in smaller ones. The icon is the stack picture of a small model,
 * so that the picture is learnt by choosing.
 */
import { useId, type KeyboardEvent } from "react";
import { defaultMethod } from "../../config/experiment.ts";
import { methodDescriptions, methodKinds, type MethodKind, type MethodSettings } from "../../methods/index.schema.ts";
import { useDraft } from "../../store/draft.ts";
import { Hint } from "../shared/Hint.tsx";
import { Stack } from "../stack/Stack.tsx";
import { stackPicture } from "../stack/stackCells.ts";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

const ICON_LAYERS = 3;
/** Choosing words trains nothing and needs label words for its answers, which the page's head does not offer. */
const offeredKinds: readonly MethodKind[] = methodKinds.filter((kind) => kind !== "discrete-prompt");
const icons = offeredKinds.map((kind) => ({ kind, picture: stackPicture(iconMethod(kind), ICON_LAYERS) }));
const prompts = icons.filter(({ kind }) => methodDescriptions[kind].family === "prompts").length;

function iconMethod(kind: MethodKind): MethodSettings {
  const method = defaultMethod(kind);
  return "promptLength" in method ? { ...method, promptLength: 4 } : method;
}

export function MethodCards() {
  const label = useId();
  const chosen = useDraft(({ kind }) => kind);
  const choose = useDraft(({ chooseMethod }) => chooseMethod);
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
        {icons.map(({ kind, picture }, index) => (
          <button
            key={kind}
            type="button"
            role="radio"
            aria-checked={kind === chosen}
            tabIndex={kind === chosen ? 0 : -1}
            className={classes.card}
            data-baseline={index >= prompts || undefined}
            onClick={() => choose(kind)}
            onKeyDown={(event) => moveChoice(event, kind, choose)}
          >
            <Stack picture={picture} tokens={index < prompts ? 6 : 4} small />
            <span className={classes.cardName}>{methodDescriptions[kind].label}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** Arrow keys move the choice and the focus, as in any group of radio buttons. */
function moveChoice(event: KeyboardEvent<HTMLElement>, from: MethodKind, choose: (kind: MethodKind) => void): void {
  const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!move) return;
  event.preventDefault();
  const index = (offeredKinds.indexOf(from) + move + offeredKinds.length) % offeredKinds.length;
  const next = offeredKinds[index];
  if (next) choose(next);
  const target = event.currentTarget.parentElement?.children[index];
  if (target instanceof HTMLElement) target.focus();
}
