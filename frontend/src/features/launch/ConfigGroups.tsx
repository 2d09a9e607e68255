import { Accordion, Badge as Count } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Catalog } from "@/api/types";
import type { Draft } from "./draft";
import classes from "./launch.module.css";
import { SchemaField } from "./SchemaField";
import { type Group, groups, meant, type ObjectSchema } from "./schema";

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
  const [opened, setOpened] = useOpened(wrongGroups(all, problems));
  const baseOptions = (base.options ?? {}) as Record<string, unknown>;
  return (
    <Accordion
      multiple
      variant="separated"
      chevronPosition="left"
      value={opened}
      onChange={setOpened}
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
            <Changed group={group} draft={draft} base={base} />
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

/** Groups with a refused field; the algorithm's own options are a group as well. */
function wrongGroups(all: Group[], problems: Record<string, string>): string[] {
  const found = all.filter((g) => g.fields.some(([name]) => problems[`config.${name}`]));
  const options = Object.keys(problems).some((name) => name.startsWith("config.options"));
  return [...(options ? [OPTIONS] : []), ...found.map((g) => g.name)];
}

/** What was opened by hand, and what is or was wrong: nothing closes under the hands of a typist. */
function useOpened(wrong: string[]): [string[], (opened: string[]) => void] {
  const [opened, setOpened] = useState(["Run"]);
  const key = wrong.join();
  useEffect(() => {
    if (key) setOpened((old) => [...new Set([...old, ...key.split(",")])]);
  }, [key]);
  return [[...new Set([...opened, ...wrong])], setOpened];
}

function Changed({ group, draft, base }: { group: Group; draft: Draft; base: Props["base"] }) {
  const differs = (name: string) =>
    JSON.stringify(meant(draft.changes[name])) !== JSON.stringify(base[name]);
  const count = group.fields.filter(([name]) => name in draft.changes && differs(name)).length;
  if (count === 0) return null;
  return (
    <Count size="sm" variant="light" ml={6}>
      {count} changed
    </Count>
  );
}
