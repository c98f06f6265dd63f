/**
 * How a shader binds a matrix and reaches four neighbours of a stored line. The only WGSL that TypeScript writes: a
 * binding's element type is part of its declaration, and no constant can choose it.
 */

/**
 * `quads`: rows are whole groups of four f32, read and written at once; `values`: any width, one by one. `half-…`: the same
 * in half precision, two values to a word.
 */
export type Storage = "quads" | "values" | "half-quads" | "half-values";

/** The storage of rows of this width. */
export function storageOf(width: number, half = false): Storage {
  const whole = width % 4 === 0;
  if (half) return whole ? "half-quads" : "half-values";
  return whole ? "quads" : "values";
}

/** Declares `name` and `load<Name>(at)`: the four values from element `at` on; `at` is a multiple of 4 for quads. */
export function reader(binding: number, name: string, storage: Storage): string {
  const variable = (element: string): string =>
    `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${element}>;`;
  const load = (value: string): string => `fn load${capitalised(name)}(at: u32) -> vec4f { return ${value}; }`;
  const four = (value: (at: string) => string): string =>
    `vec4f(${["at", "at + 1u", "at + 2u", "at + 3u"].map(value).join(", ")})`;
  switch (storage) {
    case "quads":
      return [variable("vec4f"), load(`${name}[at / 4u]`)].join("\n");
    case "values":
      return [variable("f32"), load(four((at) => `${name}[${at}]`))].join("\n");
    case "half-quads": {
      const pair = (part: string): string => `unpack2x16float(${name}[at / 4u].${part})`;
      return [variable("vec2u"), load(`vec4f(${pair("x")}, ${pair("y")})`)].join("\n");
    }
    case "half-values":
      return [variable("u32"), load(four((at) => `unpack2x16float(${name}[(${at}) / 2u])[(${at}) % 2u]`))].join("\n");
    default:
      return storage satisfies never;
  }
}

/** Declares `name` and `store<Name>(at, columns, values)`, which writes the first `columns` of four values. */
export function writer(binding: number, name: string, quads: boolean): string {
  const element = quads ? "vec4f" : "f32";
  const body = quads
    ? `${name}[at / 4u] = values;`
    : `for (var c = 0u; c < columns; c++) { ${name}[at + c] = values[c]; }`;
  return [
    `@group(0) @binding(${binding}) var<storage, read_write> ${name}: array<${element}>;`,
    `fn store${capitalised(name)}(at: u32, columns: u32, values: vec4f) { ${body} }`,
  ].join("\n");
}

/** `store<Name>` that writes nothing and binds nothing. */
export function discarder(name: string): string {
  return `fn store${capitalised(name)}(at: u32, columns: u32, values: vec4f) {}`;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
