import { Button, Stack } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "react-router";
import { useSession } from "@/api/queries";
import { Code } from "@/components/Code";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { useDemoRun } from "@/features/shared/useDemoRun";

/** The empty state: a run in one click, or the same from a shell. */
export function FirstSteps() {
  const demo = useDemoRun();
  const session = useSession();
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
                  loading={demo.busy}
                  disabled={!demo.ready}
                  onClick={demo.start}
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
              rises while the cost settles at its limit. It takes a minute or two.
            </p>
          </Empty>
        </Panel>
        <Panel title="Or from a shell">
          <Code
            label="Start a run from a shell"
            text={shellCommand(demo.body, session.data?.required ?? false)}
          />
        </Panel>
      </Stack>
    </>
  );
}

function shellCommand(body: object, token: boolean): string {
  const lines = [
    `curl -s ${window.location.origin}/api/runs -H 'content-type: application/json'`,
    ...(token ? ['-H "authorization: Bearer $COSTLINE_TOKEN"'] : []),
    `-d '${JSON.stringify(body)}'`,
  ];
  return lines.join(" \\\n  ");
}
