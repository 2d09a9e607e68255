import { NumberInput } from "@mantine/core";
import type { CatalogTask } from "@/api/types";

interface Props {
  task: CatalogTask | undefined;
  limits: Record<string, number | string>;
  problems: Record<string, string>;
  onChange: (name: string, value: number | string) => void;
}

/** A limit for every cost of the task; none may be missing. */
export function LimitFields({ task, limits, problems, onChange }: Props) {
  return task?.costs.map((cost) => (
    <NumberInput
      key={cost.name}
      id={`config.limits.${cost.name}`}
      label={`Limit of ${lower(cost.title)} (${cost.unit})`}
      description={`${cost.help} Task default: ${cost.limit}.`}
      inputWrapperOrder={["label", "input", "error", "description"]}
      required
      withAsterisk={false}
      value={limits[cost.name] ?? ""}
      onChange={(value) => onChange(cost.name, value)}
      error={problems[`config.limits.${cost.name}`]}
      clampBehavior="none"
      step={cost.limit >= 2 ? 1 : 0.05}
    />
  ));
}

function lower(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
