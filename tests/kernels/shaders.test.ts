/** Shaders and the TypeScript that fills their uniform blocks must agree on names and order: the layout is by position. */
import { describe, expect, it } from "vitest";
import { shaderUses } from "../../tools/shaderUses.ts";

const uses = new Map(shaderUses().map((use) => [use.file, use]));

/** Members of the struct `Sizes` as [name, type]. */
function membersOf(code: string): [name: string, type: string][] {
  const body = /struct Sizes \{(?<body>[^}]*)\}/u.exec(code)?.groups?.["body"] ?? "";
  const members = body.matchAll(/(?<name>\w+): (?<type>array<vec4u, \d+>|\w+)/gu);
  return [...members].map(({ groups }) => [groups?.["name"] ?? "", groups?.["type"] ?? ""]);
}

/** `rows` for a scalar; `place0`, `place1`, … for the words of `places: array<vec4u, 2>`. */
function wordNames([name, type]: [string, string]): string[] {
  const vectors = /array<vec4u, (?<count>\d+)>/u.exec(type)?.groups?.["count"];
  if (vectors === undefined) return [name];
  return Array.from({ length: 4 * Number(vectors) }, (_, i) => `${name.replace(/s$/u, "")}${i}`);
}

describe("uniform blocks", () => {
  it.each([...uses.values()].filter(({ uniforms }) => uniforms !== undefined))(
    "of $file list what is written to them, in order",
    ({ kernel, uniforms }) => {
      expect(membersOf(kernel.code).flatMap(wordNames)).toEqual(uniforms);
    },
  );
});
