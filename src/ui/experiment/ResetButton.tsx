/** Shown beside a setting that was touched: one click and it follows the method's default again. */
import { useDraft } from "../../store/draft.ts";
import { Undo } from "../shared/icons.tsx";
import classes from "./ExperimentPanel.module.css";

export function ResetButton({ path, labelId }: { readonly path: string; readonly labelId?: string }) {
  const touched = useDraft(({ touched: values }) => path in values);
  const forget = useDraft((draft) => draft.forget);
  if (!touched) return null;
  return (
    <button
      type="button"
      className={classes.reset}
      aria-label="Back to default"
      aria-describedby={labelId}
      title="Back to the method's default"
      onClick={() => forget(path)}
    >
      <Undo />
    </button>
  );
}
