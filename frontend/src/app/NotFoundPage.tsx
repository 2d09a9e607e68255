import { Button } from "@mantine/core";
import { Link, useLocation } from "react-router";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";

export function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <>
      <PageHead title="No such page" tab="No such page" />
      <Panel>
        <Empty
          title={`There is nothing at ${pathname}`}
          order={2}
          actions={
            <>
              <Button component={Link} to="/">
                Go to Home
              </Button>
              <Button component={Link} to="/runs/new" variant="default">
                Start a run
              </Button>
            </>
          }
        >
          <p>The address may be mistyped, or what it named has been deleted.</p>
        </Empty>
      </Panel>
    </>
  );
}
