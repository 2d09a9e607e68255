import { IconTrash } from "@tabler/icons-react";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";
import { RunActions } from "./RunActions";

/** On the page of a deleted run: that it is deleted, and the way back. */
export function DeletedNote({ run }: { run: Run }) {
  if (run.deleted_at === null) return null;
  return (
    <div style={{ marginBottom: 14 }} role="status">
      <Panel title="This run is deleted" tools={<RunActions run={run} form="words" />}>
        <IconTrash size={15} aria-hidden style={{ verticalAlign: "-2px" }} /> Deleted{" "}
        <Time at={run.deleted_at} />. It is in no list and no chart; its files are removed a week
        after the deletion.
      </Panel>
    </div>
  );
}
