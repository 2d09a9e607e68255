import { Button, MultiSelect, Select, TextInput } from "@mantine/core";
import { IconFlask2 } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { messageOf } from "@/api/problem";
import { useCreateStudy } from "@/api/queries";
import type { Catalog } from "@/api/types";
import { count } from "@/lib/format";
import { type Design, nameOf, newDesign, problemsOf, runsOf } from "./design";
import classes from "./studies.module.css";

/** Algorithms by seeds on one task. */
export function OwnStudy({ catalog }: { catalog: Catalog }) {
  const [design, setDesign] = useState<Design>(() => newDesign(catalog));
  const create = useCreateStudy();
  const navigate = useNavigate();
  const problems = problemsOf(design);
  const runs = runsOf(design, catalog);
  const change = (part: Partial<Design>) => setDesign((old) => ({ ...old, ...part }));
  const task = catalog.tasks.find((t) => t.name === design.task);
  const start = () =>
    create.mutate(
      { name: nameOf(design, catalog), runs },
      { onSuccess: (study) => navigate(`/studies/${study.id}`) },
    );
  return (
    <form
      className={classes.own}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <Select
        label="Task"
        data={catalog.tasks.map((t) => ({ value: t.name, label: t.title }))}
        value={design.task}
        onChange={(value) => value && change({ task: value, preset: "default" })}
        allowDeselect={false}
        searchable
      />
      <Select
        label="Preset"
        data={Object.entries(task?.presets ?? {}).map(([value, p]) => ({ value, label: p.title }))}
        value={design.preset}
        onChange={(value) => value && change({ preset: value })}
        allowDeselect={false}
      />
      <MultiSelect
        label="Algorithms"
        data={catalog.algorithms.map((a) => ({ value: a.name, label: a.title }))}
        value={design.algorithms}
        onChange={(algorithms) => change({ algorithms })}
        error={problems.algorithms}
      />
      <TextInput
        label="Seeds"
        value={design.seeds}
        onChange={(event) => change({ seeds: event.currentTarget.value })}
        error={problems.seeds}
      />
      <TextInput
        label="Name"
        placeholder={nameOf(design, catalog)}
        value={design.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Button
        type="submit"
        variant="default"
        leftSection={<IconFlask2 size={16} />}
        loading={create.isPending}
        disabled={runs.length === 0}
      >
        Start {count(runs.length, "run")}
      </Button>
      {create.isError && (
        <p role="alert" className={classes.problem}>
          {messageOf(create.error)}
        </p>
      )}
    </form>
  );
}
