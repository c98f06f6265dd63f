/** The run's score with the prompt of one layer switched off, for each in turn, and with all of them off. */
import { formatScore } from "../../lib/format.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import type { KnockOutReport, Scores } from "../../worker/protocol.ts";
import { variables } from "../shared/variables.ts";
import { layerName, signed } from "./parts.ts";
import classes from "./Inside.module.css";

interface Line {
  readonly name: string;
  readonly scores: Scores;
  readonly kind: "whole" | "layer" | "none";
}

export function KnockOut({ run, report }: { readonly run: RunEntry; readonly report: KnockOutReport }) {
  const { whole, layers, none } = report;
  const isSoft = layers.some(({ layer }) => layer === 0);
  const single = isSoft ? [] : layers.toReversed();
  const lines: readonly Line[] = [
    { name: "all on", scores: whole, kind: "whole" },
    ...single.map(({ layer, scores }): Line => ({ name: `${layerName(layer)} off`, scores, kind: "layer" })),
    { name: isSoft ? "prompt off" : "all off", scores: none, kind: "none" },
  ];
  const chance = run.facts?.majorityAccuracy ?? 0;
  return (
    <div className={classes.words}>
      <p className={classes.quiet}>
        <Meaning isSoft={isSoft} isSingle={layers.length === 1} />
      </p>
      <table className={classes.knockOut} aria-label="Score with prompts switched off">
        <thead>
          <tr>
            <th scope="col">Prompt</th>
            <th scope="col" className={classes.barColumn}>
              {run.facts?.scoreName}, 95 % interval
            </th>
            <th scope="col">Change</th>
            <th scope="col">Loss</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ name, scores, kind }) => (
            <tr key={name} data-kind={kind}>
              <th scope="row">{name}</th>
              <td>
                <ScoreBar scores={scores} chance={chance} />
              </td>
              <td>{kind === "whole" ? "" : signed(scores.accuracy - whole.accuracy)}</td>
              <td>{scores.loss.toFixed(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.quiet}>
        The thin line marks {run.facts?.baseline}, {formatScore(chance)}. On {whole.examples} examples a change within
        the interval says little.
      </p>
    </div>
  );
}

/** What "off" means, since positions could be understood either way. */
function Meaning({ isSoft, isSingle }: { readonly isSoft: boolean; readonly isSingle: boolean }) {
  if (isSoft) {
    return "Off: the virtual tokens are taken out of the input. The text keeps its positions behind the gap, the trained head stays, and where it read the first virtual token it now reads [CLS].";
  }
  const rest = isSingle ? "" : " The other layers keep their prompts; they were trained together with the missing one.";
  return `Off: in that layer the text attends to itself alone. It keeps its positions behind the prompt, and the trained head stays.${rest} All off is the frozen model under the trained head.`;
}

function ScoreBar({ scores, chance }: { readonly scores: Scores; readonly chance: number }) {
  const percent = (share: number): string => `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
  const [low, high] = scores.interval;
  return (
    <span className={classes.scoreLine}>
      <span className={classes.scoreBar}>
        <i className={classes.fill} style={variables({ "--to": percent(scores.accuracy) })} />
        <i className={classes.whisker} style={variables({ "--from": percent(low), "--to": percent(high) })} />
        <i className={classes.chance} style={variables({ "--from": percent(chance) })} />
      </span>
      <b>{formatScore(scores.accuracy)}</b>
    </span>
  );
}
