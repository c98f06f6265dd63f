/**
 * The words nearest to each virtual token, and how near that is compared with how near words lie to each other. The warning
 * stands first, because the words invite stories.
 */
import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { NearestWords as NearestWordsReport, SlotWords } from "../../worker/protocol.ts";
import { Message } from "../shared/Message.tsx";
import { DistanceBar } from "./DistanceBar.tsx";
import { shareWords } from "./parts.ts";
import classes from "./Inside.module.css";

type Metric = "cosine" | "distance";

const METRICS = [
  { value: "cosine", label: "By angle" },
  { value: "distance", label: "By distance" },
];

/** Longer prompts unfold when asked. */
const ROWS = 16;

export function NearestWords({ report }: { readonly report: NearestWordsReport }) {
  const [metric, setMetric] = useState<Metric>("cosine");
  const [rows, setRows] = useState(ROWS);
  const { slots, baseline } = report;
  const { [metric]: spread } = baseline;
  return (
    <div className={classes.words}>
      <Message kind="note">
        <Warning slots={slots} />
      </Message>
      <div className={classes.summary}>
        <SegmentedControl
          size="xs"
          aria-label="Nearest by"
          data={METRICS}
          value={metric}
          onChange={(value) => setMetric(value === "cosine" ? "cosine" : "distance")}
        />
        <span className={classes.quiet}>
          Words among themselves: median {metric === "cosine" ? "cosine" : "distance"} {spread[3]?.toFixed(2)} to the
          nearest other, from {baseline.sampled} words
        </span>
      </div>
      <table className={classes.slotTable} aria-label="Nearest words">
        <thead>
          <tr>
            <th scope="col">Slot</th>
            <th scope="col">Nearest words</th>
            <th scope="col">Beside words’ own</th>
            <th scope="col">Started near</th>
          </tr>
        </thead>
        <tbody>
          {slots.slice(0, rows).map((slot) => (
            <SlotRow key={slot.slot} slot={slot} metric={metric} report={report} />
          ))}
        </tbody>
      </table>
      {slots.length > rows && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setRows(slots.length)}>
          Show all {slots.length} slots
        </Button>
      )}
    </div>
  );
}

/** What the words can and cannot mean, with this run's own figures. */
function Warning({ slots }: { readonly slots: readonly SlotWords[] }) {
  const far = slots.filter(({ fartherThan }) => fartherThan >= 0.95).length;
  const stayed = slots.filter(({ byDistance, start }) => byDistance[0]?.id === start.word.id).length;
  return (
    <>
      <b>Nearest is not near, and near is not meaning.</b> A virtual token is a point between words. Prompts that work
      equally well can lie next to words that say anything, even the opposite (Khashabi et al. 2022, “Prompt
      Waywardness”). Here {far} of {slots.length} lie farther from every word than 95 % of words do from their nearest
      other; {stayed} of {slots.length} are still nearest to the word they started at, which is then no discovery.
    </>
  );
}

interface SlotRowProps {
  readonly slot: SlotWords;
  readonly metric: Metric;
  readonly report: NearestWordsReport;
}

function SlotRow({ slot, metric, report: { baseline } }: SlotRowProps) {
  const byAngle = metric === "cosine";
  const neighbours = byAngle ? slot.byCosine : slot.byDistance;
  const value = (byAngle ? slot.byCosine[0]?.cosine : slot.byDistance[0]?.distance) ?? Number.NaN;
  const beyond = byAngle ? slot.lessSimilarThan : slot.fartherThan;
  return (
    <tr>
      <th scope="row">{slot.slot}</th>
      <td>
        <span className={classes.chips}>
          {neighbours.map(({ id, text, cosine, distance }) => (
            <span
              key={id}
              className={classes.chip}
              title={`cosine ${cosine.toFixed(3)}, distance ${distance.toFixed(3)}`}
            >
              {text} <small>{(byAngle ? cosine : distance).toFixed(2)}</small>
            </span>
          ))}
        </span>
      </td>
      <td>
        <DistanceBar value={value} spread={baseline[metric]} />
        <span className={classes.quiet}>
          {byAngle ? "below" : "beyond"} {shareWords(beyond)} of words
        </span>
      </td>
      <td>
        {slot.start.word.text}
        <span className={classes.quiet}> moved {slot.start.moved.toFixed(2)}</span>
      </td>
    </tr>
  );
}
