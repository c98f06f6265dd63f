/** Where a slot lies on the scale of the words' own nearest distances: the band of the middle 90 %, its median, the slot. */
import type { Spread } from "../../worker/protocol.ts";
import { variables } from "../shared/variables.ts";
import classes from "./Inside.module.css";

export function DistanceBar({ value, spread }: { readonly value: number; readonly spread: Spread }) {
  const [, low = 0, , median = 0, , high = 1, greatest = 1] = spread;
  const most = Math.max(greatest, value) * 1.04;
  const place = (at: number): string => `${Math.round((1000 * Math.max(0, at)) / most) / 10}%`;
  const words = `${value.toFixed(2)}; words: ${low.toFixed(2)} to ${high.toFixed(2)}`;
  return (
    <span className={classes.scale} role="img" aria-label={words} title={words}>
      <i className={classes.band} style={variables({ "--from": place(low), "--to": place(high) })} />
      <i className={classes.median} style={variables({ "--from": place(median) })} />
      <i className={classes.marker} style={variables({ "--from": place(value) })} />
    </span>
  );
}
