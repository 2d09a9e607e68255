import { Tabs } from "@mantine/core";
import { useRunEvents } from "@/api/runs";
import type { Run } from "@/api/types";
import { Failed, Loading } from "@/components/Empty";
import { Pairs } from "@/components/Pairs";
import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";
import { PolicyDownloads } from "@/features/shared/PolicyDownloads";
import { plainText } from "@/lib/difference";
import { ConfigurationTab } from "./ConfigurationTab";
import { LogTab } from "./LogTab";
import classes from "./run.module.css";

/** Policy, configuration, log and history of the run. */
export function Details({ run }: { run: Run }) {
  return (
    <Panel>
      <Tabs defaultValue="policy" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="policy">Policy</Tabs.Tab>
          <Tabs.Tab value="configuration">Configuration</Tabs.Tab>
          <Tabs.Tab value="log">Log</Tabs.Tab>
          <Tabs.Tab value="events">Events</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
        </Tabs.List>
        <div className={classes.pads}>
          <Tabs.Panel value="policy">
            <PolicyDownloads run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="configuration">
            <ConfigurationTab run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="log">
            <LogTab run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="events">
            <EventsTab run={run} />
          </Tabs.Panel>
          <Tabs.Panel value="versions">
            <Pairs
              pairs={[
                ["run", run.id],
                ["worker", run.worker_id ?? "–"],
                ["attempt", `${run.attempt} of ${run.max_attempts}`],
                ...Object.entries(run.versions).map(([k, v]): [string, string] => [
                  k,
                  plainText(v),
                ]),
              ]}
            />
          </Tabs.Panel>
        </div>
      </Tabs>
    </Panel>
  );
}

function EventsTab({ run }: { run: Run }) {
  const events = useRunEvents(run.id);
  if (events.isPending) return <Loading what="the run's history" />;
  if (!events.data)
    return <Failed what="The run's history" error={events.error} retry={() => events.refetch()} />;
  return (
    <ol className={classes.events}>
      {events.data.events.map((event) => (
        <li key={event.id}>
          <Time at={event.at} />
          <b>{event.kind}</b>
          <span>{event.message}</span>
        </li>
      ))}
    </ol>
  );
}
