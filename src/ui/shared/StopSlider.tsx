/** A slider over chosen stops with a field for typed values. The slider's value is the setting itself, not its position. */
import { useId, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { nextStop, positionOf, stopAt } from "./stops.ts";
import { TypedValue } from "./TypedValue.tsx";
import classes from "./StopSlider.module.css";

interface StopSliderProps {
  readonly label: string;
  readonly value: number;
  readonly stops: readonly number[];
  /** Words for the value, e.g. "all". */
  readonly words?: ((value: number) => string) | undefined;
  /** Takes a stop or a typed value; returns why it cannot be used. */
  readonly onChange: (value: number) => string | undefined;
  readonly disabled?: boolean;
  /** Beside the label: hint, reset. */
  readonly aside?: (labelId: string) => ReactNode;
}

export function StopSlider({
  label,
  value,
  stops,
  words = String,
  onChange,
  disabled = false,
  aside,
}: StopSliderProps) {
  const labelId = useId();
  const track = useRef<HTMLDivElement>(null);
  const percent = positionOf(value, stops) * 100;

  const follow = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    if (!box || disabled) return;
    const stop = stopAt((event.clientX - box.left) / box.width, stops);
    if (stop !== value) onChange(stop);
  };
  const grab = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || disabled) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    follow(event);
  };
  const press = (event: KeyboardEvent) => {
    const next = disabled ? undefined : valueForKey(event.key, value, stops);
    if (next === undefined) return;
    event.preventDefault();
    if (next !== value) onChange(next);
  };

  return (
    <div className={classes.slider} data-disabled={disabled || undefined}>
      <div className={classes.head}>
        <span id={labelId} className={classes.label}>
          {label}
        </span>
        {aside?.(labelId)}
        <TypedValue value={value} words={words} labelId={labelId} disabled={disabled} onChange={onChange} />
      </div>
      <div
        className={classes.area}
        onPointerDown={grab}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && follow(event)}
      >
        <div ref={track} className={classes.track}>
          <div className={classes.fill} style={{ width: `${percent}%` }} />
          {stops.map((stop, index) => (
            <i
              key={stop}
              className={classes.stop}
              style={{ left: `${(index / Math.max(1, stops.length - 1)) * 100}%` }}
            />
          ))}
          <div
            role="slider"
            tabIndex={disabled ? -1 : 0}
            aria-labelledby={labelId}
            aria-valuemin={stops[0] ?? 0}
            aria-valuemax={stops.at(-1) ?? 0}
            aria-valuenow={value}
            aria-valuetext={words(value)}
            aria-disabled={disabled}
            className={classes.thumb}
            style={{ left: `${percent}%` }}
            onKeyDown={press}
          />
        </div>
      </div>
    </div>
  );
}

function valueForKey(key: string, value: number, stops: readonly number[]): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return nextStop(value, 1, stops);
    case "ArrowLeft":
    case "ArrowDown":
      return nextStop(value, -1, stops);
    case "PageUp":
      return nextStop(value, 3, stops);
    case "PageDown":
      return nextStop(value, -3, stops);
    case "Home":
      return stops[0];
    case "End":
      return stops.at(-1);
    default:
      return undefined;
  }
}
