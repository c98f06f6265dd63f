/** One axis: the setting's name, its values in a line, and a button that takes it out. */
import { ActionIcon, TextInput } from "@mantine/core";
import { useSweepDraft, type DraftAxis } from "../../store/sweepDraft.ts";
import { Cross } from "../shared/icons.tsx";
import type { SweepField } from "./sweepFields.ts";

interface AxisLineProps {
  readonly axis: DraftAxis;
  readonly field: SweepField;
}

export function AxisLine({ axis, field }: AxisLineProps) {
  const setAxis = useSweepDraft((draft) => draft.setAxis);
  const removeAxis = useSweepDraft((draft) => draft.removeAxis);
  return (
    <TextInput
      label={field.title}
      description={field.hint}
      size="xs"
      value={axis.text}
      onChange={(event) => setAxis(axis.field, event.currentTarget.value)}
      rightSection={
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={`Leave out ${field.title}`}
          onClick={() => removeAxis(axis.field)}
        >
          <Cross />
        </ActionIcon>
      }
    />
  );
}
