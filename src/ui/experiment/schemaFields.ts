/**
 * Form fields read from a settings schema: title and description from its metadata, kind and limits from its type.
 * Settings without metadata, or with a control of their own, are left out by the caller.
 */
import { z } from "zod";
import { savingsSchema, trainingSchema } from "../../config/training.ts";
import { methodSchema, type MethodKind } from "../../methods/index.schema.ts";
import { taskSchema, type TaskKind } from "../../tasks/index.schema.ts";

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
  | (FieldBase & { readonly kind: "text" | "switch" });

/** Every described field of an object's shape, in the order of the schema. */
export function fieldsOf(shape: Readonly<Record<string, z.ZodType>>, prefix: string): SchemaFieldInfo[] {
  return Object.entries(shape).flatMap(([key, schema]) => fieldOf(schema, `${prefix}.${key}`) ?? []);
}

function fieldOf(schema: z.ZodType, path: string): SchemaFieldInfo | undefined {
  // A default wraps the type that says what the values are; either may carry the words.
  const whole = schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  // Of several forms the form offers the named choices; lists are for files and links.
  const inner =
    whole instanceof z.ZodUnion ? (whole.options.find((form) => form instanceof z.ZodEnum) ?? whole) : whole;
  const { title, description = "" } = schema.meta() ?? (whole instanceof z.ZodType ? whole.meta() : undefined) ?? {};
  if (title === undefined) return undefined;
  const base = { path, title, description };
  if (inner instanceof z.ZodString) return { ...base, kind: "text" };
  if (inner instanceof z.ZodBoolean) return { ...base, kind: "switch" };
  if (inner instanceof z.ZodEnum) return { ...base, kind: "choice", options: inner.options.map(String) };
  if (!(inner instanceof z.ZodNumber)) return undefined;
  const { minValue, maxValue, format } = inner;
  return {
    ...base,
    kind: "number",
    minimum: minValue ?? undefined,
    maximum: maxValue ?? undefined,
    whole: format === "safeint",
  };
}

/** Fields with a control of their own on the page. */
const OWN_CONTROL = new Set([
  "method.promptLength",
  "method.layers",
  "training.learningRate",
  "task.head",
  "task.template",
  "task.labelWords",
]);

export const trainingFields = [
  ...fieldsOf(trainingSchema.shape, "training").filter(({ path }) => !OWN_CONTROL.has(path)),
  ...fieldsOf(savingsSchema.shape, "training.savings"),
];

/** Fields of one method, in the order of its schema. */
export function methodFields(kind: MethodKind): SchemaFieldInfo[] {
  return everyMethodField(kind).filter(({ path }) => !OWN_CONTROL.has(path));
}

function everyMethodField(kind: MethodKind): SchemaFieldInfo[] {
  const option = methodSchema.options.find(({ shape }) => shape.kind.value === kind);
  return option ? fieldsOf(option.shape, "method") : [];
}

/** Every described setting of the method and the training, those with a control of their own included. */
export function describedFields(kind: MethodKind): SchemaFieldInfo[] {
  const savings = fieldsOf(savingsSchema.shape, "training.savings");
  return [...everyMethodField(kind), ...fieldsOf(trainingSchema.shape, "training"), ...savings];
}

/** Fields of one task, in the order of its schema. */
export function taskFields(kind: TaskKind): SchemaFieldInfo[] {
  const option = taskSchema.options.find(({ shape }) => shape.kind.value === kind);
  return option ? fieldsOf(option.shape, "task").filter(({ path }) => !OWN_CONTROL.has(path)) : [];
}

/** Some fields mean something only beside a certain value of another; the rest of the time they are hidden. */
const SHOWN_WITH: Readonly<Record<string, { readonly path: string; readonly values: readonly string[] }>> = {
  "method.hiddenSize": { path: "reparameterisation", values: ["mlp", "lstm"] },
  "method.lstmLayers": {
    path: "reparameterisation",
    values: ["lstm", "thudm-lama-lstm", "thudm-few-shot-lstm"],
  },
  "method.initialText": { path: "initialisation", values: ["text"] },
};

export function isShown({ path }: SchemaFieldInfo, method: object): boolean {
  const condition = SHOWN_WITH[path];
  return (
    !condition ||
    Object.entries(method).some(([key, value]) => key === condition.path && condition.values.includes(String(value)))
  );
}
