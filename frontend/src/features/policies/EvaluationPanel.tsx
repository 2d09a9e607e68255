import { Button, NumberInput, Select, Switch } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type EvaluationCreate, useEvaluate, useEvaluations } from "@/api/policies";
import { ApiProblem, messageOf } from "@/api/problem";
import { useCatalog } from "@/api/queries";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { Evaluations } from "./Evaluations";
import classes from "./policies.module.css";

interface Props {
  run: Run;
  iteration: number;
}

/** Measures the chosen policy on new episodes, also by other limits or on a sister task. */
export function EvaluationPanel({ run, iteration }: Props) {
  const measured = useEvaluations(run.id);
  const evaluate = useEvaluate(run.id);
  const catalog = useCatalog();
  const [task, setTask] = useState(run.task);
  const [episodes, setEpisodes] = useState<number | string>(100);
  const [limits, setLimits] = useState<Record<string, number | string>>({});
  const [deterministic, setDeterministic] = useState(false);
  const tasks = measured.data?.tasks ?? [run.task];
  const costs = costsOf(run, task, catalog.data?.tasks.find((t) => t.name === task)?.costs);
  const problem = (field: string) =>
    evaluate.error instanceof ApiProblem
      ? evaluate.error.errors.find((e) => e.field === field)?.message
      : undefined;
  const start = (event: FormEvent) => {
    event.preventDefault();
    const given = Object.entries(limits).filter(([, value]) => value !== "");
    const body: EvaluationCreate = {
      iteration,
      episodes: Number(episodes),
      seed: Math.floor(Math.random() * 1e6),
      deterministic,
      task,
      limits: Object.fromEntries(given.map(([name, value]) => [name, Number(value)])),
    };
    evaluate.mutate(body);
  };
  const named = ["episodes", "task", "iteration", ...costs.map((c) => `limits.${c.name}`)];
  const other = evaluate.error && !named.some(problem) ? messageOf(evaluate.error) : null;
  return (
    <Panel title="Evaluate on new episodes">
      <form onSubmit={start} className={classes.form}>
        <NumberInput
          label="Episodes"
          min={1}
          max={10000}
          allowDecimal={false}
          value={episodes}
          onChange={setEpisodes}
          error={problem("episodes")}
        />
        {tasks.length > 1 && (
          <Select
            label="Task"
            data={tasks}
            value={task}
            onChange={(value) => {
              setTask(value ?? run.task);
              setLimits({});
            }}
            allowDeselect={false}
            error={problem("task")}
          />
        )}
        {costs.map((cost) => (
          <NumberInput
            key={`${task}-${cost.name}`}
            label={`Limit: ${cost.title.toLowerCase()}`}
            min={0}
            value={limits[cost.name] ?? cost.limit}
            onChange={(value) => setLimits({ ...limits, [cost.name]: value })}
            error={problem(`limits.${cost.name}`)}
          />
        ))}
        <Switch
          className={classes.switch}
          label="Mean actions instead of sampled ones"
          checked={deterministic}
          onChange={(event) => setDeterministic(event.currentTarget.checked)}
        />
        <Button type="submit" loading={evaluate.isPending} px="sm">
          Evaluate iteration {iteration}
        </Button>
      </form>
      {(other ?? problem("iteration")) && (
        <p role="alert" className={classes.warning}>
          {other ?? problem("iteration")}
        </p>
      )}
      <Evaluations run={run} list={measured.data?.evaluations ?? []} />
    </Panel>
  );
}

interface CostField {
  name: string;
  title: string;
  limit: number;
}

/** Costs of the task, with the run's own limit where the run knows the cost. */
function costsOf(run: Run, task: string, known: CostField[] | undefined): CostField[] {
  if (task === run.task || !known) return run.costs;
  return known.map((cost) => ({
    ...cost,
    limit: run.costs.find((own) => own.name === cost.name)?.limit ?? cost.limit,
  }));
}
