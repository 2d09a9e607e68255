import { Select, Stack } from "@mantine/core";
import type { Catalog } from "@/api/types";
import { type Draft, findTask } from "./draft";
import classes from "./launch.module.css";

interface Props {
  catalog: Catalog;
  draft: Draft;
  problems: Record<string, string>;
  onTask: (name: string) => void;
  onPreset: (name: string) => void;
  onAlgorithm: (name: string) => void;
}

/** Task, preset and algorithm, each with what it is. */
export function TaskChoice({ catalog, draft, problems, onTask, onPreset, onAlgorithm }: Props) {
  const task = findTask(catalog, draft.task);
  return (
    <Stack gap="lg">
      <div>
        <Select
          id="task"
          label="Task"
          searchable
          required
          data={catalog.tasks.map((t) => ({ value: t.name, label: `${t.title} (${t.name})` }))}
          value={draft.task}
          onChange={(name) => name && onTask(name)}
          allowDeselect={false}
          error={problems.task}
          maw={460}
        />
        {task && (
          <p className={classes.note}>
            {task.summary} {task.observation_size} observations, {task.action_size} actions, up to{" "}
            {task.horizon} steps. {task.source}
          </p>
        )}
        {task && task.deviations.length > 0 && (
          <details className={classes.note}>
            <summary>Differences from the paper</summary>
            <ul>
              {task.deviations.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      {task && (
        <Choice
          legend="Preset"
          name="preset"
          value={draft.preset}
          onChange={onPreset}
          choices={Object.entries(task.presets).map(([name, preset]) => ({
            name,
            title: preset.title,
            help: preset.help,
          }))}
        />
      )}
      <Choice
        legend="Algorithm"
        name="algorithm"
        value={draft.algorithm}
        onChange={onAlgorithm}
        choices={catalog.algorithms.map((a) => ({ name: a.name, title: a.title, help: a.summary }))}
      />
    </Stack>
  );
}

interface ChoiceProps {
  legend: string;
  name: string;
  value: string;
  choices: { name: string; title: string; help: string }[];
  onChange: (name: string) => void;
}

function Choice({ legend, name, value, choices, onChange }: ChoiceProps) {
  return (
    <fieldset className={classes.set}>
      <legend>{legend}</legend>
      <div className={classes.tasks}>
        {choices.map((choice) => (
          <label key={choice.name} className={classes.choice}>
            <input
              type="radio"
              name={name}
              value={choice.name}
              checked={value === choice.name}
              onChange={() => onChange(choice.name)}
            />
            <b>{choice.title}</b>
            {choice.help && <small>{choice.help}</small>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
