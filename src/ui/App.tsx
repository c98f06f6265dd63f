/** The page: header, experiment on the left, charts and runs in the middle, the model's answers on the right. */
import { lazy, Suspense } from "react";
import { ExperimentPanel } from "./experiment/ExperimentPanel.tsx";
import { Header } from "./header/Header.tsx";
import { useWakeLock } from "./hooks/useWakeLock.ts";
import { Notices } from "./notices/Notices.tsx";
import { PerformancePanel } from "./performance/PerformancePanel.tsx";
import { RunsPanel } from "./runs/RunsPanel.tsx";
import { Transport } from "./train/Transport.tsx";
import { TryIt } from "./tryIt/TryIt.tsx";
import classes from "./App.module.css";

/** Charts bring the largest library of the page; everything else is usable before they arrive. */
const CurveCharts = lazy(() => import("./charts/CurveCharts.tsx"));
const InsidePanel = lazy(() => import("./inside/InsidePanel.tsx"));
const SweepPanel = lazy(() => import("./sweep/SweepPanel.tsx"));
const CompareChart = lazy(() => import("./charts/CompareChart.tsx"));

export function App() {
  useWakeLock();
  return (
    <div className={classes.page}>
      <Header />
      <Notices />
      <main className={classes.bench}>
        <div className={classes.left}>
          <ExperimentPanel />
        </div>
        <div className={classes.middle}>
          <Suspense fallback={<div className={classes.chartsPlace} />}>
            <CurveCharts />
          </Suspense>
          <Transport />
          <RunsPanel />
          <Suspense fallback={null}>
            <InsidePanel />
          </Suspense>
          <Suspense fallback={null}>
            <CompareChart />
          </Suspense>
          <Suspense fallback={null}>
            <SweepPanel />
          </Suspense>
          <PerformancePanel />
        </div>
        <div className={classes.right}>
          <TryIt />
        </div>
      </main>
    </div>
  );
}
