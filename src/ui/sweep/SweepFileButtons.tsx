/** The sweep as a file: to keep, to run on the command line, to open here. */
import { Button, FileButton } from "@mantine/core";
import { useState } from "react";
import type { Sweep } from "../../config/sweep.ts";
import { openSweep, saveSweep } from "../../store/sweepFiles.ts";
import { Message } from "../shared/Message.tsx";
import classes from "./Sweep.module.css";

export function SweepFileButtons({ sweep }: { readonly sweep: Sweep | undefined }) {
  const [problem, setProblem] = useState<string>();
  const open = async (file: File | null) => {
    if (file !== null) setProblem(await openSweep(file));
  };
  return (
    <>
      <FileButton accept="application/json,.json" onChange={(file) => void open(file)}>
        {(props) => (
          <Button {...props} size="xs" variant="default">
            Open file
          </Button>
        )}
      </FileButton>
      <Button size="xs" variant="default" disabled={sweep === undefined} onClick={() => sweep && saveSweep(sweep)}>
        Save file
      </Button>
      {problem !== undefined && (
        <div className={classes.wide}>
          <Message kind="problem" onDismiss={() => setProblem(undefined)}>
            {problem}
          </Message>
        </div>
      )}
    </>
  );
}
