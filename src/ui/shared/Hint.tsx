/** A "?" beside a control: one paragraph, and where it comes from. */
import { ActionIcon, Popover } from "@mantine/core";
import { Question } from "./icons.tsx";
import classes from "./Hint.module.css";

interface HintProps {
  readonly text: string;
  readonly source?: string | undefined;
  /** Id of the label it explains. */
  readonly of?: string | undefined;
}

export function Hint({ text, source, of }: HintProps) {
  return (
    <Popover width={280} position="top" shadow="md" withArrow trapFocus={false}>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={20}
          radius="xl"
          aria-label="What is this?"
          aria-describedby={of}
          className={classes.button}
        >
          <Question />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown className={classes.text}>
        <p>{text}</p>
        {source && <p className={classes.source}>{source}</p>}
      </Popover.Dropdown>
    </Popover>
  );
}
