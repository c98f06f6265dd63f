/** What concerns the whole page: a missing GPU, a crashed engine, a full disk, a broken link. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useSession } from "../../store/session.ts";
import { restartEngine } from "../../store/studio.ts";
import { Message } from "../shared/Message.tsx";
import { fallbackAdvice } from "./fallbackAdvice.ts";
import classes from "./Notices.module.css";

export function Notices() {
  const { problems, notice, model, update, report } = useSession();
  return (
    <div className={classes.notices}>
      {problems.device && (
        <Message kind="problem" action={<RestartButton />} onDismiss={() => report("device", undefined)}>
          {problems.device}
        </Message>
      )}
      {problems.model && (
        <Message
          kind={model ? "note" : "problem"}
          action={model ? undefined : <RestartButton />}
          onDismiss={() => report("model", undefined)}
        >
          {problems.model}
        </Message>
      )}
      {problems.storage && (
        <Message kind="note" onDismiss={() => report("storage", undefined)}>
          {problems.storage}
        </Message>
      )}
      {notice && (
        <Message kind="note" onDismiss={() => update({ notice: undefined })}>
          {notice}
        </Message>
      )}
      <FallbackBanner />
    </div>
  );
}

function RestartButton() {
  return (
    <Button size="compact-xs" variant="default" onClick={() => void restartEngine()}>
      Restart the engine
    </Button>
  );
}

/** Training works without WebGPU, only slower; whoever chose that themselves is not told again. */
function FallbackBanner() {
  const device = useSession((session) => session.device);
  const [dismissed, setDismissed] = useState(false);
  if (!device?.fallback || device.fallback.kind === "chosen" || dismissed) return null;
  const { cause, remedy } = fallbackAdvice(device.fallback, navigator.userAgent);
  return (
    <Message kind="note" onDismiss={() => setDismissed(true)}>
      <b>Training runs without the GPU, so it is slower.</b> {cause} {remedy}
    </Message>
  );
}
