import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
  IconRefresh,
  IconRestore,
  IconX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { messageOf } from "@/api/problem";
import { type Move, useMove } from "@/api/runs";
import type { Run } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { runTitle } from "@/lib/runs";

interface Props {
  run: Run;
  /** With words on the run's page; on cards also told apart by name; only icons in rows. */
  form?: "page" | "words" | "icons";
}

/** What can be done with a run now: the server says which moves are allowed. */
export function RunActions({ run, form = "page" }: Props) {
  const move = useMove();
  const act = (name: Move) =>
    move.mutate({ id: run.id, move: name }, { onError: (error) => tell(name, error) });
  const can = (name: string) => run.moves.includes(name);
  const common = { form, busy: move.isPending, run };
  return (
    <Group gap={6} wrap="nowrap">
      {can("restore") && (
        <Action
          {...common}
          word="Restore"
          icon={<IconRestore size={15} />}
          onClick={() => act("restore")}
        />
      )}
      {can("retry") && run.state === "failed" && (
        <Action
          {...common}
          word="Retry"
          icon={<IconRefresh size={15} />}
          onClick={() => act("retry")}
        />
      )}
      {can("resume") && (
        <Action
          {...common}
          word="Resume"
          icon={<IconPlayerPlayFilled size={15} />}
          onClick={() => act("resume")}
        />
      )}
      {can("pause") && run.state !== "queued" && (
        <Action
          {...common}
          word="Pause"
          icon={<IconPlayerPauseFilled size={15} />}
          onClick={() => act("pause")}
        />
      )}
      {can("stop") && (
        <Confirm
          title={run.state === "queued" ? "Cancel this run?" : "Stop this run?"}
          body={
            run.state === "queued"
              ? "It leaves the queue before it has started."
              : "It ends after the current iteration and keeps its checkpoint, videos and figures."
          }
          action={run.state === "queued" ? "Cancel the run" : "Stop the run"}
          onConfirm={() => act("stop")}
        >
          {(ask) => (
            <Action
              {...common}
              word={run.state === "queued" ? "Cancel" : "Stop"}
              icon={
                run.state === "queued" ? (
                  <IconX size={16} />
                ) : (
                  <IconPlayerStopFilled size={15} color="var(--cl-over)" />
                )
              }
              onClick={ask}
            />
          )}
        </Confirm>
      )}
    </Group>
  );
}

interface ActionProps extends Props {
  word: string;
  icon: ReactNode;
  busy: boolean;
  onClick: () => void;
}

function Action({ word, icon, busy, form, onClick, run }: ActionProps) {
  const name = `${word}: ${runTitle(run)}`;
  if (form === "icons")
    return (
      <Tooltip label={word}>
        <ActionIcon variant="default" size={32} loading={busy} onClick={onClick} aria-label={name}>
          {icon}
        </ActionIcon>
      </Tooltip>
    );
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={icon}
      loading={busy}
      onClick={onClick}
      aria-label={form === "words" ? name : undefined}
    >
      {word}
    </Button>
  );
}

/** That something could not be done, and why. */
export function tell(what: string, error: unknown): void {
  notifications.show({ color: "red", title: `Could not ${what}`, message: messageOf(error) });
}
