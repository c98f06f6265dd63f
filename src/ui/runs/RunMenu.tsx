/** What can be done with one run. */
import { ActionIcon, Menu } from "@mantine/core";
import { downloadAdapter, downloadCurves, downloadRecord, loadSettings, removeRun } from "../../store/runActions.ts";
import { canInspect, lookInside } from "../../store/inspection.ts";
import { useRuns } from "../../store/runs.ts";
import { goOn } from "../../store/training.ts";
import { hasExamples, isLive, type RunEntry } from "../../store/runEntry.ts";
import { Dots } from "../shared/icons.tsx";

export function RunMenu({ run }: { readonly run: RunEntry }) {
  const finished = run.status === "finished" || run.status === "stopped" || run.status === "diverged";
  const canGoOn = finished && run.status !== "diverged" && hasExamples(run);
  const busy = useRuns(({ runs }) => runs.some(isLive));
  return (
    <Menu position="bottom-end" shadow="md" width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={26} aria-label={`Actions for ${run.name}`}>
          <Dots />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => loadSettings(run)}>Train again with these settings</Menu.Item>
        <Menu.Item disabled={!canInspect(run) || busy} onClick={() => void lookInside(run)}>
          Look inside
        </Menu.Item>
        <Menu.Item disabled={!canGoOn || busy} onClick={() => void goOn(run)}>
          Train on from here
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item disabled={!finished} onClick={() => void downloadAdapter(run)}>
          Download adapter
        </Menu.Item>
        <Menu.Item disabled={!finished} onClick={() => void downloadRecord(run)}>
          Run record as JSON
        </Menu.Item>
        <Menu.Item onClick={() => downloadCurves(run)}>Curves as CSV</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" disabled={isLive(run)} onClick={() => void removeRun(run)}>
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
