/** The engine's view of a typed input or of a training example, under the current settings. */
import { useEffect, useState } from "react";
import type { ExampleInput } from "../../lib/examples/example.ts";
import { dataSource, useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { engine } from "../../store/engine.ts";
import { useSession } from "../../store/session.ts";
import type { Preview } from "../../worker/protocol.ts";

export interface PreviewState {
  readonly preview?: Preview;
  readonly problem?: string;
}

const WAIT_MILLISECONDS = 120;

/** `shown` is an input, or the number of a training example counted from 0. */
export function usePreview(shown: ExampleInput | number | undefined): PreviewState {
  const [view, setView] = useState<PreviewState>({});
  const experiment = useDraft((draft) => draft.experiment);
  const own = useData((state) => state.own);
  const model = useSession((session) => session.model);
  const asked = JSON.stringify(shown);

  useEffect(() => {
    if (!model || asked === undefined) return;
    let outdated = false;
    const ask = async () => {
      try {
        const what: ExampleInput | number = JSON.parse(asked);
        const preview = await request(what, experiment, own);
        if (!outdated) setView({ preview });
      } catch (error) {
        if (!outdated) setView({ problem: error instanceof Error ? error.message : String(error) });
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MILLISECONDS);
    return () => {
      outdated = true;
      clearTimeout(timer);
    };
  }, [asked, experiment, own, model]);

  return view;
}

type DraftExperiment = ReturnType<typeof useDraft.getState>["experiment"];
type OwnExamples = ReturnType<typeof useData.getState>["own"];

async function request(what: ExampleInput | number, experiment: DraftExperiment, own: OwnExamples): Promise<Preview> {
  if (typeof what !== "number") return engine().request({ kind: "preview", input: what, experiment });
  const data = dataSource(experiment, own);
  if (typeof data === "string") throw new Error(data);
  return engine().request({ kind: "preview-example", index: what, data, experiment });
}
