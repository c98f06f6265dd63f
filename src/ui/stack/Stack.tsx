/**
 * The signature picture: the frozen model as rows of grey cells, the trained slots to their left in ember. One picture
 * everywhere: layer picker, icon of a method, strip of what the model sees. Grey is frozen, ember is trained.
 */
import { variables } from "../shared/variables.ts";
import type { StackPicture, StackRow } from "./stackCells.ts";
import classes from "./Stack.module.css";

interface StackProps {
  readonly picture: StackPicture;
  /** Token cells per row. */
  readonly tokens?: number;
  readonly small?: boolean;
  /** Slots rise in a slow wave while a run is in progress. */
  readonly running?: boolean;
}

/** The whole picture as an image; `small` is the icon. */
export function Stack({ picture, tokens = 10, small = false, running = false }: StackProps) {
  return (
    <div className={small ? classes.icon : classes.stack} data-running={running || undefined} aria-hidden="true">
      <HeadRow picture={picture} word={small ? "" : "head"} />
      {picture.rows.map((row) => (
        <StackCells key={row.layer} row={row} picture={picture} tokens={tokens} />
      ))}
    </div>
  );
}

/** Slots, the text's cells and the gradient bar of one row. */
export function StackCells({ row, picture, tokens }: { row: StackRow; picture: StackPicture; tokens: number }) {
  const layers = picture.rows.length - 1;
  return (
    <span
      className={classes.row}
      data-origin={row.origin}
      style={variables({ "--height": row.layer / Math.max(1, layers) })}
    >
      <span className={classes.slots} data-dense={row.cells.length > 16 || undefined}>
        {row.cells.map((moved, cell) => (
          <i key={cell} className={classes.slot} style={variables({ "--moved": moved ?? 0.45 })} />
        ))}
      </span>
      <span className={classes.tokens} data-training={row.training}>
        {Array.from({ length: tokens }, (_, token) => (
          <i key={token} className={classes.token} />
        ))}
      </span>
      <span className={classes.gradient}>
        {row.gradient !== undefined && <i style={{ transform: `scaleX(${row.gradient.toFixed(3)})` }} />}
      </span>
    </span>
  );
}

/** The head, trained in nearly every method, or the model's own. It reads the first row of the sequence: the first virtual token or [CLS]. */
export function HeadRow({ picture, word = "head" }: { picture: StackPicture; word?: string }) {
  const readsSlot = picture.rows[0]?.origin === "risen" && picture.trainsHead;
  const head = (
    <b className={classes.head} data-own={!picture.trainsHead || undefined}>
      {picture.trainsHead || word === "" ? word : "words"}
    </b>
  );
  return (
    <span className={classes.row} data-head="">
      <span className={classes.slots}>{readsSlot && head}</span>
      <span className={classes.tokens}>{!readsSlot && head}</span>
      <span className={classes.gradient} />
    </span>
  );
}
