/** Loss and the task's score beside each other, with one cursor for both. */
import { useChartData } from "./useChartData.ts";
import { CurveChart } from "./CurveChart.tsx";
import classes from "./Charts.module.css";

export default function CurveCharts() {
  const data = useChartData();
  return (
    <div className={classes.pair}>
      <CurveChart title="Loss" metric="loss" data={data} domain={[0, data.lossTop]} />
      <CurveChart title={data.scoreTitle} metric="accuracy" data={data} domain={[data.accuracyBottom, 1]} />
      {data.others > 0 && (
        <p className={classes.others}>
          {data.others === 1 ? "One run of another task is" : `${data.others} runs of other tasks are`} not drawn: what
          they measure cannot share these axes. Select one in the table to see it.
        </p>
      )}
    </div>
  );
}
