/** Mistakes on the command line, and reading single values of it. */

/** A mistake of the person at the keyboard: printed without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The number that an option holds. */
export function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`--${option}: expected a number, got "${text}".`);
  return value;
}

/** The entries that have a value. */
export function defined(entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** An object from a file, or nothing. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** What `read` gives; whatever it throws was a mistake of the person at the keyboard. */
export function parse<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
