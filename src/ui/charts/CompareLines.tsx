/** The drawing of the comparison: a line and a band per value of the axis that is held fixed. */
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatNumber, formatScore } from "../../lib/format.ts";
import { runStyle } from "../../lib/runColours.ts";
import type { CompareAxis, CompareLine } from "../../store/compare.ts";
import { niceTicks } from "./chartRows.ts";
import { CompareReadout, CompareTable, lineWords } from "./CompareReadout.tsx";
import classes from "./Charts.module.css";

interface CompareLinesProps {
  readonly lines: readonly CompareLine[];
  readonly axis: CompareAxis;
  readonly layers: number;
  /** Best score of head-only runs on the same data. */
  readonly level: number | undefined;
  /** What the score is called. */
  readonly score: string;
}

interface Row {
  readonly x: number;
  [series: string]: number | [number, number];
}

const LENGTH_TICKS = [1, 2, 4, 8, 16, 32, 64, 128];
const AXIS = { stroke: "var(--ink-3)", fontSize: 11, tickLine: false } as const;

export function CompareLines({ lines, axis, layers, level, score }: CompareLinesProps) {
  const rows = rowsOf(lines);
  const lowest = Math.min(
    level ?? 1,
    ...lines.flatMap(({ points }) => points.map((point) => point.mean - point.deviation)),
  );
  const bottom = Math.max(0, Math.floor((lowest - 0.02) * 10) / 10);
  const scale =
    axis === "length"
      ? ({ scale: "log", domain: [1, 128], ticks: LENGTH_TICKS } as const)
      : ({ domain: [0, layers], ticks: Array.from({ length: layers + 1 }, (_, depth) => depth) } as const);
  return (
    <>
      <div className={classes.compare}>
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 210 }}>
          <ComposedChart data={rows} margin={{ top: 6, right: 16, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line-2)" vertical={false} />
            <XAxis
              {...AXIS}
              dataKey="x"
              type="number"
              {...scale}
              ticks={[...scale.ticks]}
              domain={[...scale.domain]}
              axisLine={{ stroke: "var(--line)" }}
              height={22}
            />
            <YAxis
              {...AXIS}
              domain={[bottom, 1]}
              ticks={niceTicks(bottom, 1)}
              interval={0}
              width={38}
              axisLine={false}
              tickFormatter={formatNumber}
            />
            {level !== undefined && (
              <ReferenceLine
                y={level}
                stroke="var(--ink-3)"
                strokeDasharray="5 4"
                label={{
                  value: `head only ${formatScore(level)}`,
                  position: "insideBottomRight",
                  fill: "var(--ink-3)",
                  fontSize: 10.5,
                }}
              />
            )}
            {lines.flatMap(({ fixed }, index) => {
              const { colour } = runStyle(index);
              return [
                <Area
                  key={`band-${fixed}`}
                  dataKey={`band-${fixed}`}
                  isAnimationActive={false}
                  stroke="none"
                  fill={colour}
                  fillOpacity={0.16}
                  dot={false}
                  connectNulls
                  activeDot={false}
                />,
                <Line
                  key={`mean-${fixed}`}
                  dataKey={`mean-${fixed}`}
                  isAnimationActive={false}
                  stroke={colour}
                  strokeWidth={2}
                  connectNulls
                  dot={{ r: 3.5, fill: "var(--panel)", stroke: colour, strokeWidth: 2 }}
                />,
              ];
            })}
            <Tooltip
              content={<CompareReadout lines={lines} axis={axis} />}
              isAnimationActive={false}
              cursor={{ stroke: "var(--ink-3)" }}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <ul className={classes.legend}>
        <li>best {score}:</li>
        {lines.map(({ fixed }, index) => (
          <li key={fixed}>
            <i style={{ background: runStyle(index).colour }} /> {lineWords(fixed, axis)}
          </li>
        ))}
      </ul>
      <CompareTable lines={lines} axis={axis} score={score} />
    </>
  );
}

function rowsOf(lines: readonly CompareLine[]): Row[] {
  const rows = new Map<number, Row>();
  for (const { fixed, points } of lines) {
    for (const { x, mean, deviation } of points) {
      const row = rows.get(x) ?? { x };
      row[`mean-${fixed}`] = mean;
      row[`band-${fixed}`] = [mean - deviation, mean + deviation];
      rows.set(x, row);
    }
  }
  return [...rows.values()].sort((a, b) => a.x - b.x);
}
