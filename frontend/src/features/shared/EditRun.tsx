import {
  Button,
  Group,
  Modal,
  NumberInput,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { messageOf } from "@/api/problem";
import { usePatchRun } from "@/api/runs";
import type { Run } from "@/api/types";

/** Name, tags and notes of one run. */
export function EditRun({ run, close }: { run: Run; close: () => void }) {
  const patch = usePatchRun();
  const [name, setName] = useState(run.name);
  const [tags, setTags] = useState(run.tags);
  const [notes, setNotes] = useState(run.notes);
  const [priority, setPriority] = useState<number | string>(run.priority);
  const save = () =>
    patch.mutate(
      { id: run.id, body: { name, tags, notes, priority: Number(priority) } },
      { onSuccess: close },
    );
  return (
    <Modal
      opened
      onClose={close}
      title="Name, tags and notes"
      centered
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Stack gap="sm">
          <TextInput
            label="Name"
            placeholder={`${run.task} / ${run.algorithm} / seed ${run.seed}`}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
          />
          <TagsInput label="Tags" value={tags} onChange={setTags} />
          <Textarea
            label="Notes"
            autosize
            minRows={3}
            maxRows={10}
            value={notes}
            onChange={(event) => setNotes(event.currentTarget.value)}
          />
          <NumberInput
            label="Priority"
            description="Higher goes first in the queue."
            value={priority}
            onChange={setPriority}
          />
          {patch.isError && <p role="alert">{messageOf(patch.error)}</p>}
          <Group justify="flex-end" gap="xs" mt="sm">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={patch.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
