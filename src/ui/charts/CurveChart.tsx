/** One metric of all shown runs over the steps: evaluation strong, training faint, the best evaluation marked. */
import { CartesianGrid, ComposedChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatNumber } from "../../lib/format.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { Panel } from "../shared/Panel.tsx";
import { niceTicks, type Metric } from "./chartRows.ts";
import { ChartReadout } from "./ChartReadout.tsx";
import { bestMark, linesOf } from "./curveLines.tsx";
import { CurveTable } from "./CurveTable.tsx";
import type { ChartData } from "./useChartData.ts";
import classes from "./Charts.module.css";

interface CurveChartProps {
  readonly title: string;
  readonly metric: Metric;
  readonly data: ChartData;
  readonly domain: [number, number];
}

const MARGIN = { top: 6, right: 10, bottom: 0, left: 0 };
const AXIS = { stroke: "var(--ink-3)", fontSize: 11, tickLine: false } as const;

export function CurveChart({ title, metric, data, domain }: CurveChartProps) {
  const hovered = useRuns((state) => state.hoveredId);
  const { rows, runs, lastStep, baselines } = data;
  const showsTrain = metric === "loss" || data.scoresBatches;
  const selected = useRuns((state) => state.selectedId);
  const strength = (run: RunEntry) => (hovered === undefined || hovered === run.id ? 1 : 0.14);
  // Batches are noisy: among many runs only the one in question shows its training curve strongly.
  const trainStrength = (run: RunEntry) => {
    if (run.id === (hovered ?? selected) || isLive(run) || runs.length === 1) return 0.5;
    return hovered === undefined ? 0.12 : 0.04;
  };
  return (
    <Panel title={title} aside={<Key train={showsTrain} />}>
      <div className={classes.chart}>
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 400, height: 230 }}>
          <ComposedChart data={[...rows]} margin={MARGIN} syncId="curves" accessibilityLayer={false}>
            <CartesianGrid stroke="var(--line-2)" vertical={false} />
            <XAxis
              {...AXIS}
              dataKey="step"
              type="number"
              domain={[0, lastStep]}
              ticks={niceTicks(0, lastStep)}
              interval={0}
              axisLine={{ stroke: "var(--line)" }}
              height={22}
            />
            <YAxis
              {...AXIS}
              domain={domain}
              allowDataOverflow
              ticks={niceTicks(...domain)}
              interval={0}
              width={38}
              axisLine={false}
              tickFormatter={formatNumber}
            />
            {metric === "accuracy" &&
              baselines.map(({ name, level }) => (
                <ReferenceLine
                  key={`${level} ${name}`}
                  y={level}
                  stroke="var(--ink-3)"
                  strokeDasharray="2 4"
                  label={{
                    value: shortName(name),
                    position: "insideBottomLeft",
                    fill: "var(--ink-3)",
                    fontSize: 10.5,
                  }}
                />
              ))}
            {runs.flatMap((run, index) =>
              linesOf(run, index, metric, strength(run), showsTrain ? trainStrength(run) : 0),
            )}
            {metric === "accuracy" && runs.flatMap((run) => bestMark(run, strength(run)))}
            <Tooltip
              content={<ChartReadout data={data} metric={metric} />}
              isAnimationActive={false}
              cursor={{ stroke: "var(--ink-3)", strokeWidth: 1 }}
            />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <CurveTable title={title} runs={runs} metric={metric} />
    </Panel>
  );
}

/** A label on the chart must leave room for the curves. */
function shortName(name: string): string {
  return name.length > 40 ? `${name.slice(0, 38)}…` : name;
}

function Key({ train }: { readonly train: boolean }) {
  return (
    <>
      {train && (
        <span className={classes.key} data-part="train">
          train
        </span>
      )}
      <span className={classes.key} data-part="eval">
        evaluation
      </span>
    </>
  );
}
