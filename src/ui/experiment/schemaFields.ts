/**
 * Form fields read from a settings schema: title and description from its metadata, kind and limits from its type.
 * Settings without metadata, or with a control of their own, are left out by the caller.
 */
import type { z } from "zod";
import { trainingSchema } from "../../config/training.ts";
import { methodSchema, type MethodKind } from "../../methods/index.schema.ts";

interface FieldBase {
  /** Path inside the experiment, e.g. `training.steps`. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
}

export type SchemaFieldInfo =
  | (FieldBase & {
      readonly kind: "number";
      readonly minimum: number | undefined;
      readonly maximum: number | undefined;
      readonly whole: boolean;
    })
  | (FieldBase & { readonly kind: "choice"; readonly options: readonly string[] })
  | (FieldBase & { readonly kind: "text" });

/** Every described field of an object's shape, in the order of the schema. */
export function fieldsOf(shape: Readonly<Record<string, z.core.$ZodType>>, prefix: string): SchemaFieldInfo[] {
  return Object.entries(shape).flatMap(([key, schema]) => fieldOf(schema, `${prefix}.${key}`) ?? []);
}

function fieldOf(schema: z.core.$ZodType, path: string): SchemaFieldInfo | undefined {
  const inner = withoutDefault(schema);
  const { title, description } = described(schema) ?? described(inner) ?? {};
  if (!title) return undefined;
  const base = { path, title, description: description ?? "" };
  const { def } = inner._zod;
  if (def.type === "string") return { ...base, kind: "text" };
  if (def.type === "enum") return { ...base, kind: "choice", options: enumOptions(inner) };
  if (def.type === "number") return { ...base, kind: "number", ...numberLimits(inner) };
  return undefined;
}

/** A default wraps the type that says what the values are. */
function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  return def.type === "default" && "innerType" in def ? withoutDefault(innerOf(def)) : schema;
}

function innerOf(def: object): z.core.$ZodType {
  const { innerType } = def as z.core.$ZodDefaultDef;
  return innerType;
}

function described(schema: z.core.$ZodType): { readonly title?: string; readonly description?: string } | undefined {
  if (!("meta" in schema) || typeof schema.meta !== "function") return undefined;
  const meta: unknown = schema.meta();
  if (typeof meta !== "object" || meta === null) return undefined;
  const title = "title" in meta && typeof meta.title === "string" ? { title: meta.title } : {};
  const description =
    "description" in meta && typeof meta.description === "string" ? { description: meta.description } : {};
  return { ...title, ...description };
}

function enumOptions(schema: z.core.$ZodType): string[] {
  return [...(schema._zod.values ?? [])].filter((value): value is string => typeof value === "string");
}

function numberLimits(schema: z.core.$ZodType): {
  minimum: number | undefined;
  maximum: number | undefined;
  whole: boolean;
} {
  const { minimum, maximum, format } = schema._zod.bag;
  return { minimum: asNumber(minimum), maximum: asNumber(maximum), whole: format === "safeint" };
}

function asNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Fields with a control of their own on the page. */
const OWN_CONTROL = new Set(["method.promptLength", "method.layers", "training.learningRate"]);

export const trainingFields = fieldsOf(trainingSchema.shape, "training").filter(({ path }) => !OWN_CONTROL.has(path));

/** Fields of one method, in the order of its schema. */
export function methodFields(kind: MethodKind): SchemaFieldInfo[] {
  const option = methodSchema.options.find(({ shape }) => shape.kind.value === kind);
  return option ? fieldsOf(option.shape, "method").filter(({ path }) => !OWN_CONTROL.has(path)) : [];
}

/** Some fields mean something only beside a certain value of another; the rest of the time they are hidden. */
const SHOWN_WITH: Readonly<Record<string, { readonly path: string; readonly value: string }>> = {
  "method.hiddenSize": { path: "reparameterisation", value: "mlp" },
  "method.initialText": { path: "initialisation", value: "text" },
};

export function isShown({ path }: SchemaFieldInfo, method: object): boolean {
  const condition = SHOWN_WITH[path];
  return (
    !condition || Object.entries(method).some(([key, value]) => key === condition.path && value === condition.value)
  );
}
