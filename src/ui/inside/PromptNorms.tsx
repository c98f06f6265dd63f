/** A deep prompt's keys and values: no words lie near them, so their lengths are shown, layer by layer and slot by slot. */
import { mean } from "../../lib/statistics.ts";
import type { AttentionMass, LayerNorms } from "../../worker/protocol.ts";
import { Message } from "../shared/Message.tsx";
import { SlotGrid } from "./SlotGrid.tsx";
import classes from "./Inside.module.css";

interface PromptNormsProps {
  readonly layers: readonly LayerNorms[];
  readonly attention: AttentionMass | undefined;
}

const PARTS = [
  { part: "keys", text: "textKeys", title: "Keys", what: "decide which slot a text attends to" },
  { part: "values", text: "textValues", title: "Values", what: "are what it then takes over" },
] as const;

export function PromptNorms({ layers, attention }: PromptNormsProps) {
  return (
    <div className={classes.words}>
      <Message kind="note">
        <b>A deep prompt has no words.</b> Its virtual tokens are keys and values inside the layers, not word
        embeddings, so no word lies near them. What can be said of each is how long it is, beside the keys and values of
        real text in the same layer, and how much attention it gets.
      </Message>
      {PARTS.map(({ part, text, title, what }) => (
        <section key={part}>
          <h3 className={classes.heading}>
            {title} <small>{what}</small>
          </h3>
          <SlotGrid
            label={`Lengths of ${part}`}
            unit="length"
            rows={layers.map((layer) => {
              const own = attention?.layers.find((known) => known.layer === layer.layer)?.[text];
              const average = mean(layer[part]).toFixed(2);
              const words = own === undefined ? average : `${average}, text ${own.toFixed(2)}`;
              return { layer: layer.layer, cells: layer[part], words };
            })}
          />
        </section>
      ))}
    </div>
  );
}
