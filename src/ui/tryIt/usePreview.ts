/** The engine's view of the typed text under the current settings. */
import { useEffect, useState } from "react";
import { useDraft } from "../../store/draft.ts";
import { engine } from "../../store/engine.ts";
import { useSession } from "../../store/session.ts";
import type { Preview } from "../../worker/protocol.ts";
import type { TextInput } from "./usePredictions.ts";

const WAIT_MILLISECONDS = 120;

export function usePreview({ text, textPair }: TextInput): { readonly preview?: Preview; readonly problem?: string } {
  const [view, setView] = useState<{ readonly preview?: Preview; readonly problem?: string }>({});
  const experiment = useDraft((draft) => draft.experiment);
  const model = useSession((session) => session.model);

  useEffect(() => {
    if (!model) return;
    let outdated = false;
    const ask = async () => {
      try {
        const preview = await engine().request({ kind: "preview", text, ...(textPair && { textPair }), experiment });
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
  }, [text, textPair, experiment, model]);

  return view;
}
