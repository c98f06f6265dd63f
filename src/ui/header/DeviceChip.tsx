/** The machine: which adapter computes, how fast, and on trouble what to do about it. */
import { Button } from "@mantine/core";
import { formatBytes, formatRate } from "../../lib/format.ts";
import { useSession } from "../../store/session.ts";
import { restartEngine } from "../../store/studio.ts";
import { Message } from "../shared/Message.tsx";
import { fallbackAdvice } from "../notices/fallbackAdvice.ts";
import { ChipPopover, Facts } from "./ChipPopover.tsx";
import classes from "./Header.module.css";

const BACKENDS: Readonly<Record<string, string>> = {
  webgpu: "WebGPU",
  "tfjs-webgpu": "TensorFlow.js on WebGPU",
  wasm: "TensorFlow.js on wasm",
  cpu: "TensorFlow.js, plain",
};

export function DeviceChip() {
  const { device, engine, stepsPerSecond, problems } = useSession();
  const state =
    engine === "crashed" || problems.device ? "bad" : !device ? "wait" : device.fallback ? "fallback" : "good";
  const rate = stepsPerSecond === undefined ? "" : ` · ${formatRate(stepsPerSecond)} steps/s`;
  return (
    <ChipPopover
      name="Device"
      chip={
        <>
          <i className={classes.light} data-state={state} />
          <span className={classes.chipText}>
            {device
              ? `${device.adapter || "this machine"} · ${BACKENDS[device.backend] ?? device.backend}${rate}`
              : "Opening the device"}
          </span>
        </>
      }
    >
      {device && <DeviceFacts />}
      {device?.fallback && <Message kind="note">{fallbackAdvice(device.fallback, navigator.userAgent).remedy}</Message>}
      {problems.device && <Message kind="problem">{problems.device}</Message>}
      <Button variant="default" size="xs" onClick={() => void restartEngine()}>
        Restart the engine
      </Button>
    </ChipPopover>
  );
}

function DeviceFacts() {
  const { device, estimate, stepsPerSecond } = useSession();
  if (!device) return null;
  const memory = estimate ? formatBytes(estimate.weightBytes + estimate.activationBytes + estimate.cacheBytes) : "–";
  return (
    <Facts
      rows={[
        ["Adapter", device.software ? `${device.adapter} (software)` : device.adapter || "not told by the browser"],
        ["Backend", BACKENDS[device.backend] ?? device.backend],
        ["Features", device.features.length > 0 ? device.features.join(", ") : "none"],
        ["Memory of a run", memory],
        ["Speed", stepsPerSecond === undefined ? "known after a run" : `${formatRate(stepsPerSecond)} steps/s`],
      ]}
    />
  );
}
