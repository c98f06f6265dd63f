/** Looks inside the selected run: its answers, its virtual tokens, the attention they get, what each layer's prompt is worth. */
import { Button, Tabs } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { cancelInspection, canInspect, lookInside, useInspections, type Inspection } from "../../store/inspection.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { findRun, useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { Message } from "../shared/Message.tsx";
import { Panel } from "../shared/Panel.tsx";
import { ProgressBar } from "../shared/ProgressBar.tsx";
import { Attention } from "./Attention.tsx";
import { KnockOut } from "./KnockOut.tsx";
import { Predictions } from "./Predictions.tsx";
import { Slots } from "./Slots.tsx";
import { PART_NAMES, PARTS, partOfTab, type InspectionPart } from "./parts.ts";
import classes from "./Inside.module.css";

export default function InsidePanel() {
  const run = useRuns((state) => findRun(state, state.selectedId));
  const inspection = useInspections(({ byRun }) => (run === undefined ? undefined : byRun[run.id]));
  const place = useRef<HTMLDivElement>(null);
  const running = inspection?.state === "running";
  // The menu of a run starts it from elsewhere.
  useEffect(() => {
    if (running) place.current?.scrollIntoView({ block: "start" });
  }, [running]);
  return (
    <div ref={place}>
      <Panel title="Look inside" aside={run && <Actions run={run} inspection={inspection} />}>
        {run === undefined && (
          <p className={classes.quiet}>Choose a finished run in the table above to look inside it.</p>
        )}
        {run && !inspection && <Invitation run={run} />}
        {run && inspection && <Found run={run} inspection={inspection} />}
      </Panel>
    </div>
  );
}

function Actions({ run, inspection }: { readonly run: RunEntry; readonly inspection: Inspection | undefined }) {
  const busy = useRuns(({ runs }) => runs.some(isLive));
  const ready = useSession(({ engine, model }) => engine === "ready" && model !== undefined);
  if (inspection?.state === "running") {
    return (
      <Button size="compact-xs" variant="default" onClick={() => void cancelInspection()}>
        Cancel
      </Button>
    );
  }
  return (
    <>
      <span>{run.name}</span>
      <Button
        size="compact-xs"
        variant="default"
        disabled={!canInspect(run) || busy || !ready}
        title={busy ? "Wait until the run has ended" : undefined}
        onClick={() => void lookInside(run)}
      >
        {inspection ? "Look again" : "Look inside"}
      </Button>
    </>
  );
}

function Invitation({ run }: { readonly run: RunEntry }) {
  if (!canInspect(run)) {
    return <p className={classes.quiet}>{run.name} can be looked into when it is finished or stopped.</p>;
  }
  return (
    <p className={classes.quiet}>
      Which examples it gets wrong, which words lie near its virtual tokens, how much attention they get, and how well
      it does with one layer’s prompt switched off. Computed from the trained numbers of {run.name}; nothing is trained.
    </p>
  );
}

function Found({ run, inspection }: { readonly run: RunEntry; readonly inspection: Inspection }) {
  const [part, setPart] = useState<InspectionPart>("predictions");
  return (
    <div className={classes.found}>
      {inspection.state === "running" && <Progress inspection={inspection} />}
      {inspection.state === "failed" && <Message kind="problem">{inspection.problem}</Message>}
      {inspection.state === "cancelled" && <p className={classes.quiet}>Cancelled; what was found stays.</p>}
      {inspection.state !== "failed" && (
        <Tabs
          value={part}
          onChange={(value) => setPart(partOfTab(value) ?? part)}
          classNames={{ tab: classes.tab ?? "" }}
        >
          <Tabs.List aria-label="Parts of the run">
            {PARTS.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {PART_NAMES[name]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={part} className={classes.part}>
            <Part part={part} run={run} inspection={inspection} />
          </Tabs.Panel>
        </Tabs>
      )}
    </div>
  );
}

function Progress({ inspection: { part, done, total } }: { readonly inspection: Inspection }) {
  const name = part === undefined ? "Preparing" : PART_NAMES[part];
  return (
    <div role="status">
      <ProgressBar
        words={total === 0 ? name : `${name}: ${done} of ${total}`}
        label="Progress"
        value={done}
        max={Math.max(1, total)}
      />
    </div>
  );
}

interface PartProps {
  readonly part: InspectionPart;
  readonly run: RunEntry;
  readonly inspection: Inspection;
}

function Part({ part, run, inspection }: PartProps) {
  const { predictions, slots, attention, knockOut, unavailable, state } = inspection;
  const reason = unavailable[part];
  if (reason !== undefined) return <Message kind="note">{reason}</Message>;
  if (part === "predictions" && predictions) return <Predictions run={run} report={predictions} />;
  if (part === "slots" && slots) return <Slots report={slots} attention={attention} />;
  if (part === "attention" && attention) return <Attention report={attention} />;
  if (part === "knock-out" && knockOut) return <KnockOut run={run} report={knockOut} />;
  return <p className={classes.quiet}>{state === "running" ? "Not looked at yet." : "Not looked at."}</p>;
}
