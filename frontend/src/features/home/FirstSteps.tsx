import { Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay } from "@tabler/icons-react";
import { Link, useNavigate } from "react-router";
import { messageOf } from "@/api/problem";
import { useCatalog } from "@/api/queries";
import { useCreateRun } from "@/api/runs";
import { Code } from "@/components/Code";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";

const DEMO_TASK = "point-circle";
/** Small batches: a first curve in two minutes. */
const DEMO_PRESET = "quick";

/** The empty state: a run in one click, or the same from a shell or from Python. */
export function FirstSteps() {
  const catalog = useCatalog();
  const create = useCreateRun();
  const navigate = useNavigate();
  const task = catalog.data?.tasks.find((t) => t.name === DEMO_TASK) ?? catalog.data?.tasks[0];
  const preset = task && DEMO_PRESET in task.presets ? DEMO_PRESET : "default";
  const start = () =>
    task &&
    create.mutate(
      { task: task.name, algorithm: "cpo", preset, name: "My first run" },
      {
        onSuccess: (run) => navigate(`/runs/${run.id}`),
        onError: (error) =>
          notifications.show({ color: "red", title: "Could not start", message: messageOf(error) }),
      },
    );
  const origin = window.location.origin;
  return (
    <>
      <PageHead
        title="Welcome to Costline"
        tab="Costline"
        lead="Train policies that stay under a cost limit, and watch them do it."
      />
      <Stack gap="md">
        <Panel>
          <Empty
            order={2}
            title="No runs yet"
            actions={
              <>
                <Button
                  size="md"
                  leftSection={<IconPlayerPlay size={17} />}
                  loading={create.isPending}
                  disabled={!task}
                  onClick={start}
                >
                  Start a demo run
                </Button>
                <Button size="md" variant="default" component={Link} to="/runs/new">
                  Choose everything yourself
                </Button>
              </>
            }
          >
            <p>
              The demo teaches a point to run in a circle without leaving a corridor: the return
              rises while the cost settles at its limit. It takes about two minutes.
            </p>
          </Empty>
        </Panel>
        <Panel title="Or from a shell">
          <Code
            label="Start a run from a shell"
            text={`curl -s ${origin}/api/runs -H 'content-type: application/json' \\\n  -d '{"task": "${task?.name ?? DEMO_TASK}", "algorithm": "cpo", "preset": "${preset}"}'`}
          />
        </Panel>
      </Stack>
    </>
  );
}
