import { ActionIcon, Button, NumberInput, Select, Switch, TextInput, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconSend, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import {
  type AlertRule,
  type AlertRuleCreate,
  useAlertRules,
  useCreateRule,
  useDeleteRule,
  usePatchRule,
  useTestRule,
} from "@/api/alerts";
import { ApiProblem, messageOf } from "@/api/problem";
import { useRuns } from "@/api/runs";
import { Confirm } from "@/components/Confirm";
import { Failed, Loading } from "@/components/Empty";
import { Panel } from "@/components/Panel";
import { runTitle } from "@/lib/runs";
import classes from "./alerts.module.css";
import { ruleWords } from "./words";

/** Which events raise an alert, of which runs, and to which webhook. */
export function Rules() {
  const rules = useAlertRules();
  return (
    <Panel title="Rules">
      {rules.isPending && <Loading what="rules" />}
      {rules.isError && !rules.data && (
        <Failed what="Rules" error={rules.error} retry={() => rules.refetch()} />
      )}
      <ul className={classes.rules} aria-label="Rules">
        {rules.data?.rules.map((rule) => (
          <RuleRow key={rule.id} rule={rule} />
        ))}
      </ul>
      {rules.data && rules.data.webhooks.length > 0 && (
        <p className={classes.sub}>
          Set by the operator for every alert: {rules.data.webhooks.join(", ")}
        </p>
      )}
      <NewRule />
    </Panel>
  );
}

function RuleRow({ rule }: { rule: AlertRule }) {
  const patch = usePatchRule();
  const remove = useDeleteRule();
  const test = useTestRule();
  const words = ruleWords(rule);
  const failed = (error: unknown) =>
    notifications.show({ color: "red.8", title: words, message: messageOf(error) });
  return (
    <li className={classes.rule}>
      <Switch
        label={words}
        checked={rule.enabled}
        onChange={(event) =>
          patch.mutate(
            { id: rule.id, body: { enabled: event.currentTarget.checked } },
            { onError: failed },
          )
        }
      />
      <Tooltip label="Send a test alert">
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Test: ${words}`}
          onClick={() => test.mutate(rule.id, { onError: failed })}
        >
          <IconSend size={16} />
        </ActionIcon>
      </Tooltip>
      <Confirm
        title="Delete this rule?"
        body={words}
        action="Delete the rule"
        onConfirm={() => remove.mutate(rule.id, { onError: failed })}
      >
        {(ask) => (
          <Tooltip label="Delete the rule">
            <ActionIcon variant="subtle" color="gray" aria-label={`Delete: ${words}`} onClick={ask}>
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </Confirm>
      <span className={classes.ruleNote}>
        <RunName id={rule.run_id} />
        {rule.webhook && <>, webhook {rule.webhook}</>}
      </span>
    </li>
  );
}

function RunName({ id }: { id: string | null }) {
  const runs = useRuns({ limit: 100 });
  if (id === null) return "every run";
  const found = runs.data?.runs.find((run) => run.id === id);
  return `run ${found ? runTitle(found) : id}`;
}

const KINDS = [
  { value: "over", label: "Cost over its limit" },
  { value: "failed", label: "Run failed" },
  { value: "done", label: "Run done" },
];

function NewRule() {
  const runs = useRuns({ limit: 100 });
  const create = useCreateRule();
  const [kind, setKind] = useState<AlertRuleCreate["kind"]>("over");
  const [iterations, setIterations] = useState<number | string>(10);
  const [run, setRun] = useState<string | null>(null);
  const [webhook, setWebhook] = useState("");
  const problem = (field: string) =>
    create.error instanceof ApiProblem
      ? create.error.errors.find((e) => e.field === field)?.message
      : undefined;
  const add = (event: FormEvent) => {
    event.preventDefault();
    const body = { kind, iterations: kind === "over" ? Number(iterations) : null };
    create.mutate({ ...body, run_id: run, webhook, enabled: true });
  };
  const known = ["iterations", "webhook"].some(problem);
  return (
    <form className={classes.form} onSubmit={add} aria-label="New rule">
      <Select
        label="Event"
        data={KINDS}
        value={kind}
        onChange={(value) => setKind((value ?? "over") as AlertRuleCreate["kind"])}
        allowDeselect={false}
      />
      {kind === "over" && (
        <NumberInput
          label="Iterations in a row"
          min={1}
          allowDecimal={false}
          value={iterations}
          onChange={setIterations}
          error={problem("iterations")}
        />
      )}
      <Select
        label="Runs"
        placeholder="every run"
        clearable
        searchable
        clearButtonProps={{ "aria-label": "Every run" }}
        data={runs.data?.runs.map((found) => ({
          value: found.id,
          label: `${runTitle(found)} (${found.id})`,
        }))}
        value={run}
        onChange={setRun}
      />
      <TextInput
        label="Webhook (optional)"
        type="url"
        placeholder="https://"
        value={webhook}
        onChange={(event) => setWebhook(event.currentTarget.value)}
        error={problem("webhook")}
      />
      <Button type="submit" loading={create.isPending}>
        Add the rule
      </Button>
      {create.error && !known && (
        <p role="alert" className={classes.problem}>
          {messageOf(create.error)}
        </p>
      )}
    </form>
  );
}
