/** Loss and accuracy beside each other, with one cursor for both. */
import { useChartData } from "./useChartData.ts";
import { CurveChart } from "./CurveChart.tsx";
import classes from "./Charts.module.css";

export default function CurveCharts() {
  const data = useChartData();
  return (
    <div className={classes.pair}>
      <CurveChart title="Loss" metric="loss" data={data} domain={[0, data.lossTop]} />
      <CurveChart title="Accuracy" metric="accuracy" data={data} domain={[data.accuracyBottom, 1]} />
    </div>
  );
}
