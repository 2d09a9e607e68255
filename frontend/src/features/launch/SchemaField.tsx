import { NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { plainText } from "@/lib/difference";
import { boundsInWords, type FieldSchema, isListText, meant } from "./schema";

interface Props {
  name: string;
  field: FieldSchema;
  value: unknown;
  base: unknown;
  problem?: string;
  onChange: (value: unknown) => void;
}

/** One field of the configuration: label with unit, help, the base value when changed, error. */
export function SchemaField({ name, field, value, base, problem, onChange }: Props) {
  const unit = field["x-unit"];
  const bounds = boundsInWords(field);
  const changed = JSON.stringify(meant(value)) !== JSON.stringify(base);
  const description = [
    field.description,
    bounds && `(${bounds})`,
    changed && `Changed from ${plainText(base)}.`,
  ]
    .filter(Boolean)
    .join(" ");
  const common = {
    id: `config.${name}`,
    label: unit ? `${field.title} (${unit})` : field.title,
    description,
    error: problem,
    inputWrapperOrder: ["label", "input", "error", "description"] as (
      | "label"
      | "input"
      | "error"
      | "description"
    )[],
  };
  if (field.type === "boolean")
    return (
      <Switch
        label={common.label}
        description={description}
        error={problem}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (field.enum)
    return (
      <Select
        {...common}
        data={field.enum}
        value={String(value ?? "")}
        onChange={(next) => onChange(next ?? "")}
        allowDeselect={false}
      />
    );
  if (field.type === "integer" || field.type === "number")
    return (
      <NumberInput
        {...common}
        value={value as number | string}
        onChange={onChange}
        allowDecimal={field.type === "number"}
        clampBehavior="none"
        thousandSeparator={field.type === "integer" ? "," : undefined}
        step={stepOf(field, value)}
      />
    );
  if (field.type === "array")
    return (
      <TextInput
        {...common}
        value={isListText(value) ? value.listText : plainText(value ?? "")}
        onChange={(event) => onChange({ listText: event.currentTarget.value })}
      />
    );
  return (
    <TextInput
      {...common}
      value={String(value ?? "")}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** Arrow keys move by a tenth of the value's size. */
function stepOf(field: FieldSchema, value: unknown): number {
  if (typeof value !== "number" || value === 0) return field.type === "integer" ? 1 : 0.1;
  const size = 10 ** Math.floor(Math.log10(Math.abs(value)));
  return field.type === "integer" ? Math.max(1, size / 10) : size / 10;
}
