import { Button, Modal, TagsInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconChartDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRestore,
  IconTag,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { type Move, useDeleteRun, useMove, usePatchRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { count } from "@/lib/format";
import { outcome } from "@/lib/outcome";
import classes from "./runs.module.css";

interface Props {
  runs: Run[];
  clear: () => void;
}

/** What can be done with all chosen runs; each button counts those that it would move. */
export function BulkActions({ runs, clear }: Props) {
  const move = useMove();
  const remove = useDeleteRun();
  const [busy, setBusy] = useState(false);
  const able = (name: string) => runs.filter((run) => run.moves.includes(name));
  const all = async (word: string, found: Run[], act: (run: Run) => Promise<unknown>) => {
    setBusy(true);
    const results = await Promise.allSettled(found.map(act));
    setBusy(false);
    const failed = results.some((result) => result.status === "rejected");
    notifications.show({ message: outcome(word, results), color: failed ? "red" : undefined });
  };
  const ask = (name: Move, word: string) =>
    all(word, able(name), (run) => move.mutateAsync({ id: run.id, move: name }));
  const restore = (found: Run[]) =>
    all("restored", found, (run) => move.mutateAsync({ id: run.id, move: "restore" }));
  const removeAll = async (found: Run[]) => {
    await all("deleted", found, (run) => remove.mutateAsync(run.id));
    clear();
    notifications.show({
      title: `${count(found.length, "run")} deleted`,
      autoClose: 12_000,
      message: (
        <Button size="compact-xs" variant="light" onClick={() => restore(found)}>
          Undo
        </Button>
      ),
    });
  };
  const [pausable, resumable] = [able("pause"), able("resume")];
  const [stoppable, removable, restorable] = [able("stop"), able("delete"), able("restore")];
  const common = { size: "xs", variant: "default", loading: busy } as const;
  return (
    <section className={classes.bulk} aria-label="Chosen runs">
      <b>{count(runs.length, "run")} chosen</b>
      <Button
        size="xs"
        component={Link}
        to={`/compare?runs=${runs.map((run) => run.id).join(",")}`}
        leftSection={<IconChartDots size={15} />}
      >
        Compare
      </Button>
      <TagAll runs={runs} all={all} busy={busy} />
      {pausable.length > 0 && (
        <Button
          {...common}
          leftSection={<IconPlayerPause size={15} />}
          onClick={() => ask("pause", "asked to pause")}
        >
          Pause {pausable.length}
        </Button>
      )}
      {resumable.length > 0 && (
        <Button
          {...common}
          leftSection={<IconPlayerPlay size={15} />}
          onClick={() => ask("resume", "resumed")}
        >
          Resume {resumable.length}
        </Button>
      )}
      {stoppable.length > 0 && (
        <Confirm
          title={`Stop ${count(stoppable.length, "run")}?`}
          body="Each ends after its current iteration and keeps its checkpoint, videos and figures. Queued runs leave the queue."
          action={`Stop ${count(stoppable.length, "run")}`}
          onConfirm={() => ask("stop", "asked to stop")}
        >
          {(open) => (
            <Button {...common} leftSection={<IconPlayerStop size={15} />} onClick={open}>
              Stop {stoppable.length}
            </Button>
          )}
        </Confirm>
      )}
      {restorable.length > 0 && (
        <Button
          {...common}
          leftSection={<IconRestore size={15} />}
          onClick={async () => {
            await restore(restorable);
            clear();
          }}
        >
          Restore {restorable.length}
        </Button>
      )}
      {removable.length > 0 && (
        <Confirm
          title={`Delete ${count(removable.length, "run")}?`}
          body="Their figures, checkpoints and videos disappear from the lists. For a week they can be brought back from the list of deleted runs."
          action={`Delete ${count(removable.length, "run")}`}
          onConfirm={() => removeAll(removable)}
        >
          {(open) => (
            <Button {...common} leftSection={<IconTrash size={15} />} onClick={open}>
              Delete {removable.length}
            </Button>
          )}
        </Confirm>
      )}
      <Button size="xs" variant="subtle" onClick={clear}>
        Clear
      </Button>
    </section>
  );
}

interface TagAllProps {
  runs: Run[];
  all: (word: string, found: Run[], act: (run: Run) => Promise<unknown>) => Promise<void>;
  busy: boolean;
}

function TagAll({ runs, all, busy }: TagAllProps) {
  const patch = usePatchRun();
  const [opened, setOpened] = useState(false);
  const [tags, setTags] = useState<string[]>([]);
  const add = () => {
    setOpened(false);
    void all("tagged", runs, (run) =>
      patch.mutateAsync({ id: run.id, body: { tags: [...new Set([...run.tags, ...tags])] } }),
    );
    setTags([]);
  };
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={busy}
        leftSection={<IconTag size={15} />}
        onClick={() => setOpened(true)}
      >
        Tag
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Add tags to ${count(runs.length, "run")}`}
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <TagsInput
          label="Tags"
          description="Enter or a comma ends a tag."
          value={tags}
          onChange={setTags}
          data={[...new Set(runs.flatMap((run) => run.tags))]}
          data-autofocus
        />
        <div className={classes.end}>
          <Button disabled={tags.length === 0} onClick={add}>
            Add
          </Button>
        </div>
      </Modal>
    </>
  );
}
