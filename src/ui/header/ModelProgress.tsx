/** Bytes, speed, time left and a way out while a model loads. */
import { Button } from "@mantine/core";
import { formatBytes, formatSeconds } from "../../lib/format.ts";
import type { Progress } from "../../store/session.ts";
import { cancelModelLoad } from "../../store/studio.ts";
import classes from "./Header.module.css";

export function ModelProgress({ progress }: { readonly progress: Progress }) {
  const { loaded, total, speed } = progress;
  const share = total > 0 ? Math.min(1, loaded / total) : 0;
  return (
    <div className={classes.sheet}>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label="Loading the model"
        aria-valuenow={Math.round(share * 100)}
      >
        <i style={{ transform: `scaleX(${share})` }} />
      </div>
      <span>
        {formatBytes(loaded)} of {formatBytes(total)} · {formatBytes(speed)}/s ·{" "}
        {formatSeconds((total - loaded) / Math.max(1, speed))} left
      </span>
      <Button variant="default" size="xs" onClick={() => void cancelModelLoad()}>
        Cancel
      </Button>
    </div>
  );
}
