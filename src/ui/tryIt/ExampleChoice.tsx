/** Chooses what is shown as tokens: the typed text, or one training example after the other. */
import { ActionIcon, SegmentedControl } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "../shared/icons.tsx";
import { formatCount } from "../../lib/format.ts";
import classes from "./TryIt.module.css";

interface ExampleChoiceProps {
  /** Counted from 0; undefined while the typed text is shown. */
  readonly number: number | undefined;
  readonly count: number;
  readonly hasInput: boolean;
  readonly onChange: (number: number | undefined) => void;
}

export function ExampleChoice({ number, count, hasInput, onChange }: ExampleChoiceProps) {
  const sources = [
    { value: "typed", label: "Your text", disabled: !hasInput },
    { value: "example", label: "Training data" },
  ];
  return (
    <div className={classes.choice}>
      <SegmentedControl
        size="xs"
        aria-label="Shown as tokens"
        data={sources}
        value={number === undefined ? "typed" : "example"}
        onChange={(value) => onChange(value === "typed" ? undefined : 0)}
      />
      {number !== undefined && (
        <span className={classes.pager}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Previous example"
            disabled={number === 0}
            onClick={() => onChange(number - 1)}
          >
            <ChevronLeft />
          </ActionIcon>
          <span aria-live="polite">
            {formatCount(number + 1)} of {formatCount(count)}
          </span>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Next example"
            disabled={number >= count - 1}
            onClick={() => onChange(number + 1)}
          >
            <ChevronRight />
          </ActionIcon>
        </span>
      )}
    </div>
  );
}
