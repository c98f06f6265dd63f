/** Input from outside, checked by a schema, with an error that a person can act on. */
import type { z } from "zod";
import { messageOf } from "./errors.ts";

/** The parsed value. Throws "<what> cannot be used: <field>: <reason>; …" when it does not fit. */
export function checked<Output>(schema: z.ZodType<Output>, input: unknown, what: string): Output {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const reasons = result.error.issues.slice(0, 4).map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new Error(`${what} cannot be used: ${reasons.join("; ")}.`);
}

/** What was expected of a value and what came: "Expected at most 128, got 500." */
export function refusalOf(issue: z.core.$ZodIssue | undefined, value: unknown): string {
  if (issue?.code === "too_big") return `Expected at most ${issue.maximum}, got ${String(value)}.`;
  if (issue?.code === "too_small") {
    return `Expected ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}, got ${String(value)}.`;
  }
  return `${issue?.message ?? "This value cannot be used"}, got ${JSON.stringify(value)}.`;
}

/** JSON in UTF-8 bytes. Throws naming the file when it is not JSON. */
export function jsonOf(bytes: Uint8Array, fileName: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new Error(`${fileName} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}
