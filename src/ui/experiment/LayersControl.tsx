/** Connects the stack to the settings and to the run in progress: what is chosen, how far each slot has moved. */
import { useMemo } from "react";
import { sameValue } from "../../lib/paths.ts";
import { promptedLayersOf } from "../../methods/index.schema.ts";
import { useDraft } from "../../store/draft.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { findRun, useRuns } from "../../store/runs.ts";
import { usesOwnHead } from "../../tasks/taskFit.schema.ts";
import { DEFAULT_LAYERS, useDimensions } from "../hooks/useDimensions.ts";
import { LayerPicker } from "../stack/LayerPicker.tsx";
import { stackPicture } from "../stack/stackCells.ts";

export function LayersControl() {
  const method = useDraft(({ experiment }) => experiment.method);
  const change = useDraft((draft) => draft.change);
  const layers = useDimensions().dimensions?.layers ?? DEFAULT_LAYERS;
  const run = useRuns((state) => state.runs.find(isLive) ?? findRun(state, state.selectedId));
  // Movement belongs to the picture only while the picture shows what that run trains.
  const shown: RunEntry | undefined = sameValue(run?.experiment.method, method) ? run : undefined;
  const movement = shown?.movement;
  const furthest = shown?.furthestMove;
  const ownHead = useDraft(({ experiment }) => usesOwnHead(experiment.task));
  const picture = useMemo(() => {
    const drawn = stackPicture(method, layers, movement, furthest);
    return ownHead ? { ...drawn, trainsHead: false } : drawn;
  }, [method, layers, movement, furthest, ownHead]);
  const chosen = method.kind === "prefix-tuning" ? promptedLayersOf(method, layers) : undefined;
  return (
    <LayerPicker
      picture={picture}
      layers={layers}
      chosen={chosen}
      running={shown?.status === "running"}
      onChange={(next) => change("method.layers", next.length === layers ? "all" : next)}
    />
  );
}
