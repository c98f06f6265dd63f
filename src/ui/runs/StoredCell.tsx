/** How many numbers a run trained, and what it has to keep beside a full copy of the model. */
import { formatBytes, formatShortCount } from "../../lib/format.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useSession } from "../../store/session.ts";
import { comparedWithCopy, storedSize } from "../../store/storedSize.ts";
import classes from "./Runs.module.css";

export function StoredCell({ run }: { readonly run: RunEntry }) {
  const model = useSession((session) => session.model);
  const trained = run.facts?.trained;
  const size = storedSize(run, model);
  return (
    <>
      {trained && formatShortCount(trained.prompt + trained.head + trained.model)}
      {size && (
        <div
          className={classes.spread}
          title={`Kept for answering: ${formatBytes(size.bytes)}. A full copy of the model: ${formatBytes(size.copyBytes)}.`}
        >
          {formatBytes(size.bytes)} of {formatBytes(size.copyBytes)}
          <br />
          {comparedWithCopy(size)}
        </div>
      )}
    </>
  );
}
