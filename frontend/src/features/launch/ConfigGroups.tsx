import { Accordion, Badge as Count } from "@mantine/core";
import type { Catalog } from "@/api/types";
import type { Draft } from "./draft";
import classes from "./launch.module.css";
import { SchemaField } from "./SchemaField";
import { type Group, groups, type ObjectSchema } from "./schema";

interface Props {
  catalog: Catalog;
  draft: Draft;
  base: Record<string, unknown>;
  problems: Record<string, string>;
  onField: (name: string, value: unknown) => void;
  onOption: (name: string, value: unknown) => void;
}

const OPTIONS = "options";

/** Every other field of the configuration by group, collapsed; open where something is wrong. */
export function ConfigGroups({ catalog, draft, base, problems, onField, onOption }: Props) {
  const algorithm = catalog.algorithms.find((a) => a.name === draft.algorithm);
  const optionFields = Object.entries(
    (algorithm?.options_schema as unknown as ObjectSchema | undefined)?.properties ?? {},
  );
  const all = groups(catalog.config_schema as unknown as ObjectSchema);
  const wrong = all.filter((g) => g.fields.some(([name]) => problems[`config.${name}`]));
  const baseOptions = (base.options ?? {}) as Record<string, unknown>;
  return (
    <Accordion
      key={wrong.map((g) => g.name).join()}
      multiple
      variant="separated"
      chevronPosition="left"
      defaultValue={["Run", ...wrong.map((g) => g.name)]}
    >
      {optionFields.length > 0 && (
        <Accordion.Item value={OPTIONS}>
          <Accordion.Control>Options of {algorithm?.title}</Accordion.Control>
          <Accordion.Panel>
            <div className={classes.fields}>
              {optionFields.map(([name, field]) => (
                <SchemaField
                  key={name}
                  name={`options.${name}`}
                  field={field}
                  base={baseOptions[name] ?? field.default}
                  value={draft.options[name] ?? baseOptions[name] ?? field.default}
                  problem={problems[`config.options.${name}`]}
                  onChange={(value) => onOption(name, value)}
                />
              ))}
            </div>
          </Accordion.Panel>
        </Accordion.Item>
      )}
      {all.map((group) => (
        <Accordion.Item key={group.name} value={group.name}>
          <Accordion.Control>
            {group.name === "Run" ? "Length and batch" : group.name}{" "}
            <Changed group={group} draft={draft} />
          </Accordion.Control>
          <Accordion.Panel>
            <div className={classes.fields}>
              {group.fields.map(([name, field]) => (
                <SchemaField
                  key={name}
                  name={name}
                  field={field}
                  base={base[name]}
                  value={name in draft.changes ? draft.changes[name] : base[name]}
                  problem={problems[`config.${name}`]}
                  onChange={(value) => onField(name, value)}
                />
              ))}
            </div>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Changed({ group, draft }: { group: Group; draft: Draft }) {
  const count = group.fields.filter(([name]) => name in draft.changes).length;
  if (count === 0) return null;
  return (
    <Count size="sm" variant="light" ml={6}>
      {count} changed
    </Count>
  );
}
