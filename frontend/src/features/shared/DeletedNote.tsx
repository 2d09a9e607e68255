import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";

/** On the page of a deleted run: that it is deleted, and for how long there is a way back. */
export function DeletedNote({ run }: { run: Run }) {
  if (run.deleted_at === null) return null;
  return (
    <div style={{ marginBottom: 14 }}>
      <Panel title="This run is deleted">
        Deleted <Time at={run.deleted_at} />. It is in no list and no chart. It can be restored
        until its files are removed, after a week unless this service is set otherwise.
      </Panel>
    </div>
  );
}
