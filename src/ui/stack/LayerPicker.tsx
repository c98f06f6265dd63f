/** The stack as the control for prompted layers: click or drag over rows, or use the keys. Soft prompts only look. */
import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { HeadRow, StackCells } from "./Stack.tsx";
import { LayerPresets } from "./LayerPresets.tsx";
import type { StackPicture } from "./stackCells.ts";
import stack from "./Stack.module.css";
import classes from "./LayerPicker.module.css";

interface LayerPickerProps {
  readonly picture: StackPicture;
  readonly layers: number;
  /** 1-based prompted layers; undefined when this method has no choice of layers. */
  readonly chosen: readonly number[] | undefined;
  readonly running: boolean;
  readonly onChange: (layers: readonly number[]) => void;
}

const TOKENS = 9;

export function LayerPicker({ picture, layers, chosen, running, onChange }: LayerPickerProps) {
  /** While dragging: whether the rows passed over are switched on or off. */
  const painting = useRef<boolean | undefined>(undefined);
  const rows = useRef(new Map<number, HTMLElement>());

  const paint = (layer: number, on: boolean) => {
    if (!chosen || chosen.includes(layer) === on) return;
    const next = on ? [...chosen, layer] : chosen.filter((one) => one !== layer);
    // A deep prompt without a layer would be no prompt: the last one stays.
    if (next.length > 0) onChange(next.toSorted((a, b) => a - b));
  };
  const start = (layer: number) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || !chosen) return;
    event.currentTarget.releasePointerCapture(event.pointerId);
    painting.current = !chosen.includes(layer);
    paint(layer, painting.current);
  };
  const press = (layer: number) => (event: KeyboardEvent) => {
    const move = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (move) rows.current.get(layer + move)?.focus();
    else if (event.key === " " || event.key === "Enter") paint(layer, !chosen?.includes(layer));
    else return;
    event.preventDefault();
  };

  return (
    <div role="group" aria-label="Prompted layers" className={classes.picker}>
      <div className={classes.head}>
        <span className={classes.label}>{chosen === undefined ? "What is trained" : "Prompted layers"}</span>
        {chosen && <LayerPresets layers={layers} chosen={chosen} onChange={onChange} />}
      </div>
      <div
        className={`${stack.stack} ${classes.rows}`}
        data-running={running || undefined}
        onPointerUp={() => (painting.current = undefined)}
        onPointerLeave={() => (painting.current = undefined)}
      >
        <div className={classes.row} aria-hidden="true">
          <span className={classes.number} />
          <HeadRow picture={picture} />
        </div>
        {picture.rows.map((row) => {
          const cells = <StackCells row={row} picture={picture} tokens={TOKENS} />;
          const number = <span className={classes.number}>{row.layer === 0 ? "in" : row.layer}</span>;
          if (!chosen || row.layer === 0) {
            return (
              <div key={row.layer} className={classes.row} aria-hidden="true">
                {number}
                {cells}
              </div>
            );
          }
          return (
            <div
              key={row.layer}
              ref={(element) => void (element && rows.current.set(row.layer, element))}
              role="checkbox"
              tabIndex={0}
              aria-checked={chosen.includes(row.layer)}
              aria-label={`Layer ${row.layer}`}
              className={`${classes.row} ${classes.choice}`}
              onPointerDown={start(row.layer)}
              onPointerEnter={() => painting.current !== undefined && paint(row.layer, painting.current)}
              onKeyDown={press(row.layer)}
            >
              {number}
              {cells}
            </div>
          );
        })}
      </div>
    </div>
  );
}
