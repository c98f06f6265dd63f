/** The signature picture as data. */
import { describe, expect, it } from "vitest";
import { defaultMethod } from "../../../src/config/experiment.ts";
import { prefixTuningSchema } from "../../../src/methods/prefixTuning.schema.ts";
import { promptTuningSchema } from "../../../src/methods/promptTuning.schema.ts";
import { MOST_CELLS, stackPicture } from "../../../src/ui/stack/stackCells.ts";

const deep = (promptLength: number, layers: "all" | number[] = "all") =>
  prefixTuningSchema.parse({ kind: "prefix-tuning", promptLength, layers });

describe("stack picture", () => {
  it("has the layers from the top and the input below them", () => {
    expect(stackPicture(deep(4), 4).rows.map(({ layer }) => layer)).toEqual([4, 3, 2, 1, 0]);
  });

  it("shows a deep prompt only where it is trained", () => {
    const { rows } = stackPicture(deep(4, [3, 4]), 4);
    expect(rows.map(({ origin }) => origin)).toEqual(["trained", "trained", "none", "none", "none"]);
    expect(rows.map(({ cells }) => cells.length)).toEqual([4, 4, 0, 0, 0]);
  });

  it("lets a soft prompt rise from the input", () => {
    const method = promptTuningSchema.parse({ kind: "prompt-tuning", promptLength: 2 });
    expect(stackPicture(method, 2).rows.map(({ origin }) => origin)).toEqual(["risen", "risen", "trained"]);
  });

  it.each(["head-only", "full-fine-tuning"] as const)("shows no slots for %s", (kind) => {
    expect(stackPicture(defaultMethod(kind), 2).rows.every(({ cells }) => cells.length === 0)).toBe(true);
  });

  it("draws many slots together", () => {
    expect(stackPicture(deep(128), 1).rows[0]?.cells).toHaveLength(MOST_CELLS);
    expect(stackPicture(deep(20), 1).rows[0]?.cells).toHaveLength(20);
  });

  it("shows each layer's own movement and gradient, relative to the largest", () => {
    const movement = {
      step: 9,
      layers: [
        [0.1, 0.1],
        [0.4, 0],
      ],
      gradientNorms: [2, 1],
    };
    const { rows } = stackPicture(deep(2, [1, 3]), 3, movement, 0.4);
    const [third, second, first] = rows;
    expect(third?.cells).toEqual([1, 0]);
    expect(third?.gradient).toBe(0.5);
    expect(second?.gradient).toBeUndefined();
    expect(first?.cells).toEqual([0.5, 0.5]);
    expect(first?.gradient).toBe(1);
  });

  it("does not blow up a first tiny step", () => {
    const movement = { step: 1, layers: [[0.0005]], gradientNorms: [1] };
    expect(stackPicture(deep(1), 1, movement, 0.0005).rows[0]?.cells[0]).toBeLessThan(0.2);
  });
});
