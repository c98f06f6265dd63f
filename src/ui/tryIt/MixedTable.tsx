/** What the runs answered: a line each, a column per run; and what that took on the device. */
import { formatBytes } from "../../lib/format.ts";
import type { MixedResult } from "../../store/mixed.ts";
import type { Prediction } from "../../worker/protocol.ts";
import { tagGroups } from "./tagGroups.ts";
import table from "../shared/Table.module.css";
import classes from "./Mixed.module.css";

export function MixedTable({ result }: { readonly result: MixedResult }) {
  const { answerers, rows } = result;
  return (
    <>
      <div className={classes.scroll}>
        <table className={`${table.table} ${classes.table}`} aria-label="Answers of one batch">
          <thead>
            <tr>
              <th scope="col">Line</th>
              {answerers.map(({ id, name }) => (
                <th key={id} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ line, predictions }, row) => (
              <tr key={row}>
                <th scope="row">{line}</th>
                {predictions.map((prediction, at) => (
                  <td key={answerers[at]?.id}>
                    <Short prediction={prediction} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={classes.quiet}>{costWords(result)}</p>
      {result.difference !== undefined && (
        <p role="status" className={classes.quiet}>
          Alone, each run gives the same logits: they differ by at most {result.difference.toExponential(1)} of the
          largest.
        </p>
      )}
    </>
  );
}

function Short({ prediction }: { readonly prediction: Prediction | undefined }) {
  switch (prediction?.kind) {
    case undefined:
      return <span className={classes.quiet}>no input of its task</span>;
    case "label":
      return (
        <>
          <b>{prediction.label}</b> {(prediction.probabilities[prediction.label] ?? 0).toFixed(2)}
        </>
      );
    case "tags": {
      const tagged = tagGroups(prediction.words).filter(({ type }) => type !== undefined);
      if (tagged.length === 0) return "no word is tagged";
      return tagged.map(({ words, type }, index) => (
        <div key={index}>
          <b>{words.join(" ")}</b> {type}
        </div>
      ));
    }
    case "span":
      return (
        <>
          <b>{prediction.text === "" ? "no answer" : prediction.text}</b> {prediction.probability.toFixed(2)}
        </>
      );
    case "words":
      return prediction.words[0]?.word ?? "";
    default:
      return prediction satisfies never;
  }
}

/** Rows share a batch where prompts are as long and stand in the same layers; the weights are shared in any case. */
function costWords({ answerers, groups, modelBytes, addedBytes }: MixedResult): string {
  const batches =
    groups.length === 1
      ? "One batch"
      : `${groups.length} batches (${groups.map((group) => group.map((place) => answerers[place]?.name).join(" + ")).join("; ")}: prompts of other lengths or layers have their own)`;
  return `${batches} on one frozen model of ${formatBytes(modelBytes)} and ${formatBytes(addedBytes)} of prompts and heads. ${answerers.length} full copies would take ${formatBytes(answerers.length * modelBytes)}.`;
}
