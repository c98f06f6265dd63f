/**
 * Which layers of a model: listed one by one, or in words ("all", "top 1", "top half") that mean the same for models of any
 * depth. Not what a method does with them.
 */
import { z } from "zod";

export const layerChoiceSchema = z.union(
  [
    z.enum(["all", "top half", "bottom half"]),
    z.templateLiteral([z.enum(["top", "bottom"]), " ", z.string().regex(/^[1-9]\d*$/)]),
    z.array(z.int().min(1)).min(1),
  ],
  { error: 'Expected "all", "top half", "bottom half", "top 1", "bottom 2" or a list such as [1, 3]' },
);

export type LayerChoice = z.infer<typeof layerChoiceSchema>;

/** 1-based layers in ascending order without repeats. Layers above the model's are left out; half of an odd depth is rounded up. */
export function layersOf(choice: LayerChoice, depth: number): number[] {
  const all = Array.from({ length: depth }, (_, layer) => layer + 1);
  if (typeof choice !== "string") return all.filter((layer) => choice.includes(layer));
  if (choice === "all") return all;
  const [end, amount] = choice.split(" ");
  const count = amount === "half" ? Math.ceil(depth / 2) : Number(amount);
  return end === "top" ? all.slice(-count) : all.slice(0, count);
}

/** Reads `all`, `top half`, `top 1`, `1-4`, `1,3` or `1+3` as people type it; undefined when it is none of these. */
export function parseLayerChoice(text: string): LayerChoice | undefined {
  const ranges = text.split(/[,+]/).map((part) => /^(\d+)(?:-(\d+))?$/.exec(part.trim()));
  const listed = ranges.flatMap((range) => {
    const [first, last] = [Number(range?.[1] ?? 0), Number(range?.[2] ?? range?.[1] ?? 0)];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
  const words = text
    .trim()
    .replace(/[\s-]+/g, " ")
    .toLowerCase();
  return layerChoiceSchema.safeParse(ranges.includes(null) ? words : listed).data;
}
