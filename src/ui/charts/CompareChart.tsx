/** Best score against prompt length or depth, from the finished runs of the table: mean and band over seeds. */
import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { methodDescriptions } from "../../methods/index.schema.ts";
import {
  compareFamilies,
  compareLines,
  headOnlyLevel,
  type CompareAxis,
  type CompareFamily,
} from "../../store/compare.ts";
import { dataLabel } from "../../store/data.ts";
import { useRuns } from "../../store/runs.ts";
import { scoreNameOf } from "../../store/taskWords.ts";
import { usesLabelWords } from "../../tasks/taskFit.schema.ts";
import { DEFAULT_LAYERS, useDimensions } from "../hooks/useDimensions.ts";
import { Panel } from "../shared/Panel.tsx";
import { CompareLines } from "./CompareLines.tsx";
import classes from "./Charts.module.css";

const AXES = [
  { value: "length", label: "Prompt length" },
  { value: "depth", label: "Depth" },
];

export default function CompareChart() {
  const runs = useRuns((state) => state.runs);
  const hidden = useRuns((state) => state.hidden);
  const layers = useDimensions().dimensions?.layers ?? DEFAULT_LAYERS;
  const [axis, setAxis] = useState<CompareAxis>("length");
  const [chosen, setChosen] = useState<string>();
  const shown = useMemo(() => runs.filter(({ id }) => !hidden.has(id)), [runs, hidden]);
  const families = useMemo(() => compareFamilies(shown), [shown]);
  const family = families.find(({ key }) => key === chosen) ?? families[0];
  const lines = useMemo(() => (family ? compareLines(family, axis, layers) : []), [family, axis, layers]);
  const level = useMemo(() => (family ? headOnlyLevel(family, shown) : undefined), [family, shown]);
  const score = family?.runs[0] ? scoreNameOf(family.runs[0]) : "accuracy";
  const positions = new Set(lines.flatMap(({ points }) => points.map(({ x }) => x))).size;

  return (
    <Panel
      title="Compare"
      aside={
        <>
          {families.length > 1 && family && (
            <FamilyChoice families={families} chosen={family.key} onChoose={setChosen} />
          )}
          <SegmentedControl
            size="xs"
            aria-label="Axis"
            data={AXES}
            value={axis}
            onChange={(value) => setAxis(value === "depth" ? "depth" : "length")}
          />
        </>
      }
    >
      {positions < 2 && (
        <p className={classes.empty}>
          {family ? `${familyLabel(family)}: one ${axis === "length" ? "length" : "depth"} so far. ` : ""}
          Train with another {axis === "length" ? "prompt length" : "choice of layers"} and the comparison grows here.
        </p>
      )}
      {positions > 0 && <CompareLines lines={lines} axis={axis} layers={layers} level={level} score={score} />}
    </Panel>
  );
}

function familyLabel({ runs }: CompareFamily): string {
  const experiment = runs[0]?.experiment;
  if (!experiment) return "";
  const { method, task, data } = experiment;
  const words = usesLabelWords(task) ? ", label words" : "";
  return `${methodDescriptions[method.kind].label} on ${dataLabel(data)}${words}`;
}

interface FamilyChoiceProps {
  readonly families: readonly CompareFamily[];
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}

function FamilyChoice({ families, chosen, onChoose }: FamilyChoiceProps) {
  return (
    <select
      aria-label="Runs to compare"
      className={classes.family}
      value={chosen}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {families.map((family) => (
        <option key={family.key} value={family.key}>
          {familyLabel(family)}
        </option>
      ))}
    </select>
  );
}
