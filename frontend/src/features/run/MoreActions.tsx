import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconChartDots,
  IconCopy,
  IconDotsVertical,
  IconPencil,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDeleteRun, useMove } from "@/api/runs";
import type { Run } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { EditRun } from "@/features/shared/EditRun";
import { tell } from "@/features/shared/RunActions";

/** What is rarer, or is done with a run as a whole: clone, label, compare, delete. */
export function MoreActions({ run }: { run: Run }) {
  const remove = useDeleteRun();
  const undo = useMove();
  const move = useMove();
  const navigate = useNavigate();
  const [edited, setEdited] = useState(false);
  const compared = run.parent_id ? `${run.id},${run.parent_id}` : run.id;
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
      <Button
        size="xs"
        variant="default"
        component={Link}
        to={`/compare?runs=${compared}`}
        aria-label={run.parent_id ? "Compare with its parent" : "Compare with other runs"}
        leftSection={<IconChartDots size={15} />}
      >
        Compare
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
              <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEdited(true)}>
                Name, tags and notes…
              </Menu.Item>
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
                color="var(--cl-over)"
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
      {edited && <EditRun run={run} close={() => setEdited(false)} />}
    </>
  );
}
