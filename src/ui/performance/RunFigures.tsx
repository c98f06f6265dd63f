/** Speed, time, memory, cache and kernels of one run. */
import { formatBytes, formatCount, formatNumber, formatPercent, formatRate } from "../../lib/format.ts";
import type { RunPerformance } from "../../worker/protocol.ts";
import { Hint } from "../shared/Hint.tsx";
import { memoryBar, productsByKernel, timeBars } from "./performanceParts.ts";
import { ShareBar } from "./ShareBar.tsx";
import table from "../shared/Table.module.css";
import classes from "./Performance.module.css";

interface RunFiguresProps {
  readonly performance: RunPerformance;
  readonly backend: string;
}

const TIME_HINT =
  "Steps are prepared here and computed on the GPU, side by side. A GPU that is idle for long waits for the engine; an engine that mostly waits keeps the GPU busy, which is best.";

export function RunFigures({ performance, backend }: RunFiguresProps) {
  const memory = memoryBar(performance);
  return (
    <>
      <Speed performance={performance} />
      <section className={classes.section}>
        <h3>
          Time of a step <Hint text={TIME_HINT} />
        </h3>
        {Object.entries(timeBars(performance, backend)).map(([label, parts]) => (
          <ShareBar key={label} label={label} parts={parts} />
        ))}
      </section>
      <section className={classes.section}>
        <h3>Device memory</h3>
        <ShareBar label={formatBytes(memory.bytes)} parts={memory.parts} />
        <CacheLine performance={performance} />
      </section>
      <Products performance={performance} />
    </>
  );
}

function Speed({ performance: { steps, tokens, seconds, timing } }: Pick<RunFiguresProps, "performance">) {
  const figures = [
    ["steps/s", formatRate(steps / seconds)],
    ["tokens/s", formatCount(tokens / seconds)],
    ["ms per step", formatNumber((1000 * seconds) / steps)],
    ["dispatches per step", formatCount(timing.dispatches / steps)],
    ...(timing.submits > 0 ? [["submits per step", formatNumber(timing.submits / steps)]] : []),
  ];
  return (
    <dl className={classes.figures}>
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function CacheLine({ performance: { cache } }: Pick<RunFiguresProps, "performance">) {
  if (!cache) {
    return (
      <p className={classes.note}>
        Nothing is cached: too little of this run stays the same from one visit of a text to the next.
      </p>
    );
  }
  const { hits, misses, examples, bytes } = cache;
  return (
    <p className={classes.note}>
      Cache: {formatCount(examples)} texts in {formatBytes(bytes)}, found in {formatCount(hits)} of{" "}
      {formatCount(hits + misses)} look-ups ({formatPercent(hits / Math.max(1, hits + misses))}).
    </p>
  );
}

function Products({ performance }: Pick<RunFiguresProps, "performance">) {
  const kernels = [...productsByKernel(performance)];
  if (kernels.length === 0) return null;
  return (
    <details className={classes.products}>
      <summary>Kernels of the matrix products</summary>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Kernel</th>
            <th scope="col">Products, by layout and size class</th>
          </tr>
        </thead>
        <tbody>
          {kernels.map(([kernel, products]) => (
            <tr key={kernel}>
              <th scope="row">{kernel}</th>
              <td>{products.join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
