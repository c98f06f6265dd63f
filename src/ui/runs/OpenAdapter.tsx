/** Opens an adapter from files of this machine: by two pickers here, or dropped on the table. */
import { Button, Menu } from "@mantine/core";
import { useRef, type RefObject } from "react";
import { pickedFiles } from "../../lib/droppedFiles.ts";
import { openAdapter, useOpening } from "../../store/openAdapter.ts";
import { isLive } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";

export function OpenAdapter() {
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const ready = useSession(({ engine }) => engine === "ready");
  const busy = useRuns(({ runs }) => runs.some(isLive));
  const opening = useOpening((state) => state.opening !== undefined);
  const open = (input: RefObject<HTMLInputElement | null>) => {
    if (!input.current) return;
    void openAdapter(pickedFiles(input.current.files));
    // The same files picked again are a new wish.
    input.current.value = "";
  };
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={230}>
        <Menu.Target>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            disabled={!ready || busy || opening}
            title={busy ? "Wait until the run has ended" : "A PEFT adapter, one of the studio, or a run record"}
          >
            Open adapter…
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => folder.current?.click()}>A folder</Menu.Item>
          <Menu.Item onClick={() => files.current?.click()}>A zip, its files, or a run record</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label="Adapter folder"
        // React knows no property for picking folders; the attribute works in every current browser.
        {...{ webkitdirectory: "" }}
        onChange={() => open(folder)}
      />
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept=".zip,.json,.safetensors"
        aria-label="Adapter files"
        onChange={() => open(files)}
      />
    </>
  );
}
