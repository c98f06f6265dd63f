/** The virtual tokens of a run: words near those of a soft prompt, lengths of those of a deep one. */
import type { AttentionMass, SlotsReport } from "../../worker/protocol.ts";
import { NearestWords } from "./NearestWords.tsx";
import { PromptNorms } from "./PromptNorms.tsx";

interface SlotsProps {
  readonly report: SlotsReport;
  /** Brings the lengths of the texts' own keys and values, once it is there. */
  readonly attention: AttentionMass | undefined;
}

export function Slots({ report, attention }: SlotsProps) {
  switch (report.kind) {
    case "soft":
      return <NearestWords report={report} />;
    case "deep":
      return <PromptNorms layers={report.layers} attention={attention} />;
    default:
      return report satisfies never;
  }
}
