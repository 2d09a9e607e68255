import { Accordion, NumberInput, Stack, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type FormEvent, useMemo, useState } from "react";
import { Link } from "react-router";
import { useEstimate } from "@/api/runs";
import type { Catalog, Run } from "@/api/types";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { runTitle } from "@/lib/runs";
import { parseSeeds } from "@/lib/seeds";
import { ConfigGroups } from "./ConfigGroups";
import {
  baseConfig,
  type Draft,
  estimateRequest,
  findTask,
  limitsOf,
  localProblems,
  problemsOf,
} from "./draft";
import { LaunchSide } from "./LaunchSide";
import { LimitFields } from "./LimitFields";
import classes from "./launch.module.css";
import { TaskChoice } from "./TaskChoice";
import { useLaunch } from "./useLaunch";

interface Props {
  catalog: Catalog;
  initial: Draft;
  parent: Run | null;
}

/** The form that starts runs: built from the schema, checked by the server while it is filled in. */
export function LaunchForm({ catalog, initial, parent }: Props) {
  const [draft, setDraft] = useState(initial);
  const launch = useLaunch(parent);
  const change = (part: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...part }));
    // A refusal speaks of what was sent; the check while typing speaks of what stands there now.
    if (launch.error) launch.forget();
  };
  const base = useMemo(() => baseConfig(draft, catalog, parent), [draft, catalog, parent]);
  const local = localProblems(draft);
  const seeds = parseSeeds(draft.seeds).seeds;
  const asked = Object.keys(local).length
    ? null
    : estimateRequest(draft, base, seeds[0] ?? 0, parent);
  // As text, which is equal when nothing has changed: a new object each time would never settle.
  const [settled] = useDebouncedValue(JSON.stringify(asked), 350);
  const estimate = useEstimate(useMemo(() => JSON.parse(settled), [settled]));
  const problems = { ...problemsOf(estimate.error), ...problemsOf(launch.error), ...local };

  const chooseTask = (name: string) => {
    const task = findTask(catalog, name);
    if (task)
      change({ task: name, preset: "default", limits: limitsOf(task, "default"), changes: {} });
  };
  const choosePreset = (preset: string) => {
    const task = findTask(catalog, draft.task);
    if (task && preset !== draft.preset)
      change({ preset, limits: limitsOf(task, preset), changes: {} });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (Object.keys(local).length === 0) launch.start(draft, base, seeds);
    focusFirstProblem();
  };

  return (
    <form onSubmit={submit} noValidate>
      <PageHead
        title={parent ? "Clone a run" : "New run"}
        tab="New run"
        lead={
          parent && (
            <>
              From <Link to={`/runs/${parent.id}`}>{runTitle(parent)}</Link>; change what should
              differ.
            </>
          )
        }
      />
      <div className={classes.columns}>
        <Stack gap="md">
          <Panel title="Task and algorithm">
            <TaskChoice
              catalog={catalog}
              draft={draft}
              problems={problems}
              onTask={chooseTask}
              onPreset={choosePreset}
              onAlgorithm={(algorithm) => change({ algorithm, options: {} })}
            />
          </Panel>
          <Panel title="Limits and seeds">
            <div className={classes.fields}>
              <LimitFields
                task={findTask(catalog, draft.task)}
                limits={draft.limits}
                problems={problems}
                onChange={(name, value) => change({ limits: { ...draft.limits, [name]: value } })}
              />
              <TextInput
                id="seed"
                label="Seeds"
                description="One run each: 0, 1, 2 or 0-4."
                inputWrapperOrder={["label", "input", "error", "description"]}
                required
                withAsterisk={false}
                value={draft.seeds}
                onChange={(event) => change({ seeds: event.currentTarget.value })}
                error={problems.seed}
              />
            </div>
          </Panel>
          <ConfigGroups
            catalog={catalog}
            draft={draft}
            base={base}
            problems={problems}
            onField={(name, value) => change({ changes: { ...draft.changes, [name]: value } })}
            onOption={(name, value) => change({ options: { ...draft.options, [name]: value } })}
          />
          <Accordion variant="separated" chevronPosition="left" defaultValue="">
            <Accordion.Item value="about">
              <Accordion.Control>Name, tags, notes, priority</Accordion.Control>
              <Accordion.Panel>
                <div className={classes.fields}>
                  <TextInput
                    label="Name"
                    description="Optional; else the task, algorithm and seed."
                    value={draft.name}
                    onChange={(event) => change({ name: event.currentTarget.value })}
                    error={problems.name}
                  />
                  <TagsInput
                    label="Tags"
                    description="Enter ends a tag."
                    value={draft.tags}
                    onChange={(tags) => change({ tags })}
                    error={problems.tags}
                  />
                  <Textarea
                    label="Notes"
                    description="What this run should find out."
                    autosize
                    minRows={2}
                    value={draft.notes}
                    onChange={(event) => change({ notes: event.currentTarget.value })}
                    error={problems.notes}
                  />
                  <NumberInput
                    label="Priority"
                    description="Higher goes first in the queue."
                    value={draft.priority}
                    onChange={(priority) => change({ priority })}
                    error={problems.priority}
                  />
                </div>
              </Accordion.Panel>
            </Accordion.Item>
          </Accordion>
        </Stack>
        <div className={classes.side}>
          <LaunchSide
            draft={draft}
            base={base}
            parent={parent}
            seeds={seeds.length}
            problems={problems}
            estimate={estimate.data}
            error={launch.error}
            busy={launch.busy}
          />
        </div>
      </div>
    </form>
  );
}

/** Keyboard and screen reader land on the first field that is wrong. */
function focusFirstProblem(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
  );
}
