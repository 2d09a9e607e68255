import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { messageOf } from "@/api/problem";
import { Empty } from "@/components/Empty";
import { Panel } from "@/components/Panel";

/** Drawn in place of a page whose code failed, or whose chunk is gone after an update. */
export function CrashPage() {
  const error = useRouteError();
  return (
    <Panel>
      <Empty
        title="This page stopped working"
        order={1}
        actions={
          <>
            <Button onClick={() => window.location.reload()}>Reload</Button>
            <Button component={Link} to="/" variant="default" reloadDocument>
              Go to Home
            </Button>
          </>
        }
      >
        <p>{messageOf(error)}</p>
      </Empty>
    </Panel>
  );
}
