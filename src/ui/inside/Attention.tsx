/** How much attention the text pays to the virtual tokens: by layer and head, and which slots get it. */
import { mean } from "../../lib/statistics.ts";
import type { AttentionMass } from "../../worker/protocol.ts";
import { variables } from "../shared/variables.ts";
import { layerName, shareWords } from "./parts.ts";
import { SlotGrid } from "./SlotGrid.tsx";
import classes from "./Inside.module.css";

export function Attention({ report }: { readonly report: AttentionMass }) {
  const { layers, sequences, tokens, even } = report;
  const heads = layers[0]?.heads.map((_, head) => head + 1) ?? [];
  return (
    <div className={classes.words}>
      <p className={classes.quiet}>
        Mean over {sequences} evaluation {sequences === 1 ? "text" : "texts"} with {tokens} tokens. Spread evenly over
        all a token sees, the slots would get {shareWords(even)}. In the last layer only the rows ask that the head
        reads. Attention says where a head looks, not what it does with it; “Layer off” shows what a prompt is worth.
      </p>
      <section>
        <h3 className={classes.heading}>
          Heads <small>share of their attention that goes to the slots</small>
        </h3>
        <div className={classes.scroll}>
          <table className={classes.heads} aria-label="Attention by layer and head">
            <thead>
              <tr>
                <th scope="col">
                  <span className="visually-hidden">Layer</span>
                </th>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    head {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {layers.toReversed().map((layer) => (
                <tr key={layer.layer}>
                  <th scope="row">{layerName(layer.layer)}</th>
                  {layer.heads.map((share, head) => (
                    <td key={head} style={variables({ "--share": `${Math.round(share * 70)}%` })}>
                      {shareWords(share)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section>
        <h3 className={classes.heading}>
          Slots <small>mean over heads</small>
        </h3>
        <SlotGrid
          label="Attention by layer and slot"
          unit="share"
          rows={layers.map(({ layer, slots, heads: own }) => ({
            layer,
            cells: slots,
            words: `${shareWords(mean(own))} in all`,
          }))}
        />
      </section>
    </div>
  );
}
