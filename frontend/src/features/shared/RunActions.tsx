import { Button, Group, Menu, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconCopy,
  IconDotsVertical,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconTrash,
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
  /** Only the icons, for cards and rows. */
  compact?: boolean;
}

/** What can be done with a run now: the server says which moves are allowed. */
export function RunActions({ run, compact }: Props) {
  const move = useMove();
  const act = (name: Move) =>
    move.mutate({ id: run.id, move: name }, { onError: (error) => tell(name, error) });
  const can = (name: string) => run.moves.includes(name);
  const common = { compact, busy: move.isPending, run };
  return (
    <Group gap={6} wrap="nowrap">
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
          icon={<IconPlayerPlay size={15} />}
          onClick={() => act("resume")}
        />
      )}
      {can("pause") && run.state !== "queued" && (
        <Action
          {...common}
          word="Pause"
          icon={<IconPlayerPause size={15} />}
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
              icon={<IconPlayerStop size={15} />}
              onClick={ask}
            />
          )}
        </Confirm>
      )}
      {!compact && <MoreActions run={run} />}
    </Group>
  );
}

interface ActionProps extends Props {
  word: string;
  icon: ReactNode;
  busy: boolean;
  onClick: () => void;
}

function Action({ word, icon, busy, compact, onClick, run }: ActionProps) {
  if (!compact)
    return (
      <Button size="xs" variant="default" leftSection={icon} loading={busy} onClick={onClick}>
        {word}
      </Button>
    );
  return (
    <Tooltip label={word}>
      <Button
        size="compact-sm"
        variant="default"
        px={7}
        loading={busy}
        onClick={onClick}
        aria-label={`${word}: ${runTitle(run)}`}
      >
        {icon}
      </Button>
    </Tooltip>
  );
}

function MoreActions({ run }: { run: Run }) {
  const remove = useDeleteRun();
  const undo = useMove();
  const move = useMove();
  const navigate = useNavigate();
  const restore = () => undo.mutate({ id: run.id, move: "restore" });
  const confirmed = () =>
    remove.mutate(run.id, {
      onError: (error) => tell("delete", error),
      onSuccess: () => {
        navigate("/");
        notifications.show({
          title: "Run deleted",
          message: (
            <Button size="compact-xs" variant="light" onClick={restore}>
              Undo
            </Button>
          ),
          autoClose: 12_000,
        });
      },
    });
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
        body="Its figures, checkpoints and videos disappear from the lists. It can be brought back for a while."
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
