/** Mistakes on the command line, and reading single values of it. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { messageOf } from "../lib/errors.ts";

/** A mistake of the person at the keyboard: printed without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The options' values. @throws UsageError for an option that the command does not have, or one without its value. */
export function readOptions<const Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options; strict: true }>>["values"] {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${messageOf(error)}
"npm run --silent cli -- help" lists the options of every command.`);
  }
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
    throw new UsageError(messageOf(error));
  }
}

/** Like {@link parse}, for what an option names: the message says which option. */
export async function parseOption<Result>(option: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new UsageError(`--${option}: ${messageOf(error)}`);
  }
}
