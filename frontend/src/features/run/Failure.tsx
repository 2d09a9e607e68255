import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconRefresh } from "@tabler/icons-react";
import { messageOf } from "@/api/problem";
import { useMove, useRunLog } from "@/api/runs";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { LogText } from "./LogText";
import classes from "./run.module.css";

/** Why the run failed, its last words, and the way on. */
export function Failure({ run }: { run: Run }) {
  const log = useRunLog(run.id, 12, false);
  const move = useMove();
  const retry = () =>
    move.mutate(
      { id: run.id, move: "retry" },
      {
        onError: (error) =>
          notifications.show({ color: "red", title: "Could not retry", message: messageOf(error) }),
      },
    );
  const tools = (
    <Button
      size="xs"
      leftSection={<IconRefresh size={15} />}
      loading={move.isPending}
      onClick={retry}
    >
      Retry from its last checkpoint
    </Button>
  );
  return (
    <div style={{ marginBottom: 14 }} role="alert">
      <Panel title="This run failed" tools={tools} className={classes.failure}>
        <p style={{ marginTop: 0 }}>{run.reason || "The process ended without giving a reason."}</p>
        {log.data && log.data.lines.length > 0 && (
          <LogText lines={log.data.lines} label="Last lines of the log" />
        )}
      </Panel>
    </div>
  );
}
