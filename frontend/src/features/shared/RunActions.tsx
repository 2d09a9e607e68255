import { ActionIcon, Button, Group, Menu, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconCopy,
  IconDotsVertical,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
  IconRefresh,
  IconRestore,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { messageOf } from "@/api/problem";
import { type Move, useDeleteRun, useMove } from "@/api/runs";
import type { Run } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { runTitle } from "@/lib/runs";

interface Props {
  run: Run;
  /** With words and everything on the run's page, with words on cards, only icons in rows. */
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
      {form === "page" && run.deleted_at === null && <MoreActions run={run} />}
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

function MoreActions({ run }: { run: Run }) {
  const remove = useDeleteRun();
  const undo = useMove();
  const move = useMove();
  const navigate = useNavigate();
  const note = `deleted-${run.id}`;
  // Promises rather than callbacks: these end after this component has left the page.
  const restore = async () => {
    try {
      await undo.mutateAsync({ id: run.id, move: "restore" });
      notifications.hide(note);
    } catch (error) {
      tell("restore", error);
    }
  };
  const confirmed = async () => {
    try {
      await remove.mutateAsync(run.id);
    } catch (error) {
      tell("delete", error);
      return;
    }
    navigate("/");
    notifications.show({
      id: note,
      title: "Run deleted",
      message: (
        <Button size="compact-xs" variant="light" onClick={restore}>
          Undo
        </Button>
      ),
      autoClose: 12_000,
    });
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        component={Link}
        to={`/runs/new?clone=${run.id}`}
        leftSection={<IconCopy size={15} />}
      >
        Clone
      </Button>
      <Confirm
        title="Delete this run?"
        body="Its figures, checkpoints and videos disappear from the lists. For a week it can be brought back from the list of deleted runs."
        action="Delete the run"
        onConfirm={confirmed}
      >
        {(ask) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="xs" variant="default" px={7} aria-label="More actions">
                <IconDotsVertical size={15} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {run.moves.includes("retry") && run.state !== "failed" && (
                <Menu.Item
                  leftSection={<IconRefresh size={15} />}
                  onClick={() =>
                    move.mutate(
                      { id: run.id, move: "retry" },
                      { onError: (error) => tell("retry", error) },
                    )
                  }
                >
                  Go on from its last checkpoint
                </Menu.Item>
              )}
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={15} />}
                disabled={!run.moves.includes("delete")}
                onClick={ask}
              >
                Delete…
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Confirm>
    </>
  );
}

function tell(what: string, error: unknown): void {
  notifications.show({ color: "red", title: `Could not ${what}`, message: messageOf(error) });
}
