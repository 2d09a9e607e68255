/** The part of JSON Schema that cpo_core/spec/parameters.py writes. */
export interface FieldSchema {
  type: "integer" | "number" | "boolean" | "string" | "array" | "object";
  title: string;
  description: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: { type: string };
  "x-unit"?: string;
  "x-group"?: string;
  "x-advanced"?: boolean;
}

export interface ObjectSchema {
  properties: Record<string, FieldSchema>;
}

export interface Group {
  name: string;
  advanced: boolean;
  fields: [string, FieldSchema][];
}

/** Fields with a place of their own in the form. */
const PLACED = new Set(["task", "algorithm", "seed", "limits", "options"]);

/** The schema's fields by `x-group`, in the order of the schema. */
export function groups(schema: ObjectSchema): Group[] {
  const found = new Map<string, Group>();
  for (const [name, field] of Object.entries(schema.properties)) {
    if (PLACED.has(name)) continue;
    const title = field["x-group"] ?? "Other";
    const group = found.get(title) ?? { name: title, advanced: true, fields: [] };
    group.fields.push([name, field]);
    if (!field["x-advanced"]) group.advanced = false;
    found.set(title, group);
  }
  return [...found.values()];
}

/** The allowed values in words: "1 to 200", "above 0, at most 1"; empty without bounds. */
export function boundsInWords(field: FieldSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = field;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  const low =
    minimum !== undefined
      ? `at least ${minimum}`
      : exclusiveMinimum !== undefined
        ? `above ${exclusiveMinimum}`
        : "";
  const high =
    maximum !== undefined
      ? `at most ${maximum}`
      : exclusiveMaximum !== undefined
        ? `below ${exclusiveMaximum}`
        : "";
  return [low, high].filter(Boolean).join(", ");
}

/** A list field as it is being typed; it becomes a list only when it is sent. */
export interface ListText {
  listText: string;
}

export function isListText(value: unknown): value is ListText {
  return typeof value === "object" && value !== null && "listText" in value;
}

/** What a form's value means: lists are read from their text. */
export function meant(value: unknown): unknown {
  return isListText(value) ? parseList(value.listText) : value;
}

/** Text of a list field (`64, 32`) as numbers; text that is no list stays text for the server. */
export function parseList(text: string): unknown {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const values = parts.map(Number);
  return values.every(Number.isFinite) ? values : text;
}
