/** A chip of the header that opens a sheet of facts and actions. */
import { Popover } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Header.module.css";

interface ChipPopoverProps {
  /** Accessible name, e.g. "Device". */
  readonly name: string;
  readonly chip: ReactNode;
  readonly children: ReactNode;
}

export function ChipPopover({ name, chip, children }: ChipPopoverProps) {
  return (
    <Popover width={320} position="bottom" shadow="md" withinPortal>
      <Popover.Target>
        <button type="button" className={classes.chip}>
          <span className="visually-hidden">{name}: </span>
          {chip}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label={name}>
        <div className={classes.sheet}>{children}</div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Names and values, aligned. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
