import { Button } from "@mantine/core";
import { IconActivity, IconDownload, IconPlayerPlay } from "@tabler/icons-react";
import { Link, useParams } from "react-router";
import { usePolicies } from "@/api/policies";
import { ApiProblem } from "@/api/problem";
import { useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { PolicyDownloads } from "@/features/shared/PolicyDownloads";
import { useAddress } from "@/features/shared/useAddress";
import { runKind, runTitle } from "@/lib/runs";
import { Checkpoints } from "./Checkpoints";
import { EvaluationPanel } from "./EvaluationPanel";
import classes from "./policies.module.css";

/** The policies of one run: which one is which, its files, and what it does on new episodes. */
export function PolicyPage() {
  const { runId = "" } = useParams();
  const run = useRun(runId);
  if (run.isPending) return <Loading what="the run" />;
  if (!run.data) {
    if (run.error instanceof ApiProblem && run.error.notFound)
      return (
        <Panel>
          <Empty title={`There is no run ${runId}`} order={1}>
            <p>
              It may have been deleted for good. <Link to="/policies">See all policies</Link>.
            </p>
          </Empty>
        </Panel>
      );
    return <Failed what="The run" error={run.error} retry={() => run.refetch()} />;
  }
  return <Policies run={run.data} />;
}

function Policies({ run }: { run: Run }) {
  const [address, replace] = useAddress();
  const policies = usePolicies(run);
  const list = policies.data;
  const asked = Number(address.get("iteration") ?? Number.NaN);
  const iteration = list?.iterations.includes(asked)
    ? asked
    : (list?.best_feasible ?? list?.iterations.at(-1));
  const choose = (value: number) => replace(new URLSearchParams({ iteration: String(value) }));
  return (
    <>
      <PageHead
        title={runTitle(run)}
        tab={`Policy of ${runTitle(run)}`}
        lead={run.name ? runKind(run) : "What this run has learned, to download, measure and play."}
      >
        <div className={classes.actions}>
          <Button
            component={Link}
            to={`/runs/${run.id}/replay${iteration === undefined ? "" : `?iteration=${iteration}`}`}
            variant="default"
            size="xs"
            leftSection={<IconPlayerPlay size={15} aria-hidden />}
          >
            Replay
          </Button>
          <Button
            component="a"
            href={`/api/runs/${run.id}/record`}
            download={`${run.id}-record.json`}
            variant="default"
            size="xs"
            leftSection={<IconDownload size={15} aria-hidden />}
          >
            Training record
          </Button>
          <Button
            component={Link}
            to={`/runs/${run.id}`}
            variant="default"
            size="xs"
            leftSection={<IconActivity size={15} aria-hidden />}
          >
            See the run
          </Button>
        </div>
      </PageHead>
      {policies.isError && !list && (
        <Failed what="Policies" error={policies.error} retry={() => policies.refetch()} />
      )}
      {list && list.checkpoints.length > 0 && iteration !== undefined && (
        <Checkpoints run={run} list={list} chosen={iteration} choose={choose} />
      )}
      <div className={classes.columns}>
        <Panel
          title={
            iteration === undefined ? "Download" : `Download the policy of iteration ${iteration}`
          }
        >
          <PolicyDownloads run={run} iteration={iteration} />
        </Panel>
        {iteration !== undefined && (
          <EvaluationPanel key={iteration} run={run} iteration={iteration} />
        )}
      </div>
    </>
  );
}
