/** Numbers and colours handed from a component to its style sheet. */
import type { CSSProperties } from "react";

/** CSS variables as an inline style. */
export function variables(values: Record<`--${string}`, number | string>): CSSProperties {
  return { ...values };
}
