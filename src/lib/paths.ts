/**
 * Settings as a flat list of named values: `training.learningRate`, `method.promptLength`.
 * Arrays and null are values, not branches. Nothing here knows what a setting means.
 */

export type FlatSettings = Readonly<Record<string, unknown>>;

interface Branch {
  [key: string]: unknown;
}

/** A plain object that may hold further settings. */
function isBranch(value: unknown): value is Branch {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nested settings → path and value. Paths listed in `whole` are kept as one value even when they are objects. */
export function flatten(settings: object, whole: readonly string[] = []): FlatSettings {
  const flat: Record<string, unknown> = {};
  const visit = (value: unknown, path: string): void => {
    if (!isBranch(value) || whole.includes(path)) {
      flat[path] = value;
      return;
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, path ? `${path}.${key}` : key);
  };
  visit(settings, "");
  return flat;
}

/** A copy of `settings` with one value replaced. Branches that are missing are made. */
export function withValue(settings: object, path: string, value: unknown): object {
  const [key = "", ...rest] = path.split(".");
  const copy: Branch = { ...settings };
  const inner = copy[key];
  copy[key] = rest.length === 0 ? value : withValue(isBranch(inner) ? inner : {}, rest.join("."), value);
  return copy;
}

/** Equality of two values of settings: numbers, words, null and lists of them. */
export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Paths whose values differ between two flat settings; a path that only one of them has counts. */
export function differingPaths(a: FlatSettings, b: FlatSettings): string[] {
  const paths = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...paths].filter((path) => !sameValue(a[path], b[path]));
}
