/** What the other data sets under the same prompt score at the run's best evaluation of the shared steps. */
import { formatScore } from "../../lib/format.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import classes from "./Runs.module.css";

export function OtherScores({ run }: { readonly run: RunEntry }) {
  const [first] = run.seeds;
  const scores = (first?.shared ?? first?.best ?? run.bestEvaluation)?.others ?? [];
  if (scores.length === 0) return null;
  const words = scores.map(({ accuracy }, place) => {
    const facts = run.facts?.others?.[place];
    return `${facts?.name ?? ""} ${facts?.scoreName ?? ""} ${formatScore(accuracy)}`;
  });
  return <div className={classes.spread}>also {words.join(", ")}</div>;
}
