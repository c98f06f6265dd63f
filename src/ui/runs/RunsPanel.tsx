/** The table of runs: newest first, each row saying only what differs from the run before it. Adapters can be dropped on it. */
import { Button } from "@mantine/core";
import { openAdapter } from "../../store/openAdapter.ts";
import { downloadTable } from "../../store/runActions.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { useFileDrop } from "../hooks/useFileDrop.ts";
import { Message } from "../shared/Message.tsx";
import { Panel } from "../shared/Panel.tsx";
import { OpenAdapter } from "./OpenAdapter.tsx";
import { OpenedNotes } from "./OpenedNotes.tsx";
import { RunRow } from "./RunRow.tsx";
import classes from "./Runs.module.css";

export function RunsPanel() {
  const runs = useRuns((state) => state.runs);
  const problem = useSession(({ problems }) => problems.export);
  const report = useSession((session) => session.report);
  const drop = useFileDrop((files) => void openAdapter(files), 3);
  return (
    <Panel
      title="Runs"
      aside={
        <>
          <OpenAdapter />
          {runs.length > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => downloadTable(runs)}>
              Table as CSV
            </Button>
          )}
        </>
      }
    >
      <OpenedNotes />
      {problem && (
        <Message kind="problem" onDismiss={() => report("export", undefined)}>
          {problem}
        </Message>
      )}
      <div className={classes.drop} {...drop}>
        {runs.length === 0 ? (
          <p className={classes.empty}>
            No runs yet. Press Train; each run becomes a row here and a line in the charts. An adapter can be dropped
            here, too.
          </p>
        ) : (
          <div className={classes.scroll}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">
                    <span className="visually-hidden">Shown in charts</span>
                  </th>
                  <th scope="col">Run</th>
                  <th
                    scope="col"
                    title="Best score on the evaluation examples, and the 95 % interval or the deviation over seeds"
                  >
                    Best
                  </th>
                  <th scope="col">Last</th>
                  <th
                    scope="col"
                    className={classes.extra}
                    title="What the task reports besides, at the best evaluation"
                  >
                    Also
                  </th>
                  <th
                    scope="col"
                    className={classes.extra}
                    title="Numbers that were trained; what has to be kept for answering, beside a full copy of the model"
                  >
                    Trained
                  </th>
                  <th scope="col" className={classes.extra}>
                    Time
                  </th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run, index) => <RunRow key={run.id} run={run} before={runs[index - 1]} />).reverse()}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </Panel>
  );
}
