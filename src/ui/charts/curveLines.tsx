/** What one run draws into a curve chart. Recharts wants lines as direct children, so these are functions, not components. */
import { Area, Line, ReferenceDot } from "recharts";
import { runStyle } from "../../lib/runColours.ts";
import { bestOf, type RunEntry } from "../../store/runEntry.ts";
import { seriesKey, type Metric } from "./chartRows.ts";

/** Band over seeds, faint training curve and strong evaluation curve of one run. */
export function linesOf(run: RunEntry, index: number, metric: Metric, strength: number, trainStrength: number) {
  const { colour, dash } = runStyle(run.colour);
  const steady = {
    isAnimationActive: false,
    dot: false,
    activeDot: false,
    connectNulls: true,
    stroke: colour,
  } as const;
  const key = (part: "train" | "eval" | "band") => seriesKey(index, metric, part);
  return [
    <Area
      key={key("band")}
      dataKey={key("band")}
      {...steady}
      stroke="none"
      fill={colour}
      fillOpacity={0.14 * strength}
    />,
    <Line key={key("train")} dataKey={key("train")} {...steady} strokeWidth={1} strokeOpacity={trainStrength} />,
    <Line
      key={key("eval")}
      dataKey={key("eval")}
      {...steady}
      strokeWidth={2}
      strokeOpacity={strength}
      {...(dash && { strokeDasharray: dash })}
    />,
  ];
}

/** A ring at the best evaluation; with several seeds the mean has none. */
export function bestMark(run: RunEntry, strength: number) {
  const [best, ...others] = bestOf(run);
  if (!best || others.length > 0) return [];
  const { colour } = runStyle(run.colour);
  const look = {
    r: 4,
    fill: "var(--panel)",
    stroke: colour,
    strokeWidth: 2,
    strokeOpacity: strength,
    fillOpacity: strength,
  };
  return [<ReferenceDot key={`best-${run.id}`} x={best.step} y={best.accuracy} {...look} />];
}
