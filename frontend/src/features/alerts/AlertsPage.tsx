import { Button } from "@mantine/core";
import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { type Alert, useAlerts, useSeeAlerts } from "@/api/alerts";
import { Badge } from "@/components/Badge";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { Shown } from "@/components/Shown";
import { Time } from "@/components/Time";
import classes from "./alerts.module.css";
import { askPermission, type Permission, permission } from "./browser";
import { Rules } from "./Rules";
import { LOOKS } from "./words";

/** What happened that somebody should know, and the rules that raise it. */
export function AlertsPage() {
  const list = useAlerts();
  const { mutate: see } = useSeeAlerts();
  const newest = list.data?.alerts[0]?.id;
  const unseen = list.data?.unseen ?? 0;
  // Nobody sees a tab in the background.
  const visible = useDocumentVisibility() === "visible";
  // Who opens the list has seen it; what was new stays marked until the page is left.
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => {
    const found = list.data?.alerts.filter((alert) => !alert.seen).map((alert) => alert.id) ?? [];
    if (found.length > 0) setFresh((old) => new Set([...old, ...found]));
    if (visible && unseen > 0 && newest !== undefined) see(newest);
  }, [list.data, unseen, newest, see, visible]);
  return (
    <>
      <PageHead
        title="Alerts"
        tab="Alerts"
        lead="A cost over its limit, a run that failed, a run that is done: shown here, by webhook, and by your browser."
      />
      <div className={classes.columns}>
        <Panel title="What happened" flush>
          {list.isPending && <Loading what="alerts" />}
          {list.isError && !list.data && (
            <Failed what="Alerts" error={list.error} retry={() => list.refetch()} />
          )}
          {list.data?.alerts.length === 0 && (
            <Empty title="Nothing yet">
              <p>The rules beside this list say which events appear here.</p>
            </Empty>
          )}
          {list.data && list.data.alerts.length > 0 && (
            <ul className={classes.list} aria-label="Alerts">
              {list.data.alerts.map((alert) => (
                <AlertRow key={alert.id} alert={alert} fresh={fresh.has(alert.id)} />
              ))}
            </ul>
          )}
          <Shown count={list.data?.alerts.length ?? 0} total={list.data?.total ?? 0} />
        </Panel>
        <div className={classes.side}>
          <Rules />
          <BrowserPanel />
        </div>
      </div>
    </>
  );
}

function AlertRow({ alert, fresh }: { alert: Alert; fresh: boolean }) {
  const { word, icon: Icon, tone } = LOOKS[alert.kind];
  return (
    <li className={classes.alert}>
      <Badge tone={tone} icon={<Icon size={13} aria-hidden />}>
        {word}
      </Badge>
      <div>
        {alert.run_id && (
          <Link className={classes.subject} to={`/runs/${alert.run_id}`}>
            {alert.run_name}
          </Link>
        )}
        <div className={classes.message}>{alert.message}</div>
        {alert.deliveries.map((delivery) => (
          <div key={delivery.url} className={classes.sub}>
            webhook {delivery.url}: {deliveryWords(delivery)}
          </div>
        ))}
      </div>
      <span className={classes.sub}>
        {fresh && <b>new, </b>}
        <Time at={alert.created_at} />
      </span>
    </li>
  );
}

function deliveryWords({ state, tries, problem }: Alert["deliveries"][number]): string {
  if (state === "sent") return tries > 1 ? `arrived at try ${tries}` : "arrived";
  if (state === "failed") return `given up after ${tries} tries, ${problem}`;
  return tries > 0 ? `${problem}, trying again` : "on its way";
}

const WORDS: Record<Permission, string> = {
  default: "While this page is open in a hidden tab, your browser can show alerts by itself.",
  granted: "Your browser shows alerts while this page is open in a hidden tab.",
  denied: "Your browser was told not to show notifications of this page. Its settings can undo it.",
  missing: "This browser, or this address without https, has no notifications.",
};

function BrowserPanel() {
  const [state, setState] = useState(permission);
  return (
    <Panel title="In your browser">
      <p className={classes.words}>{WORDS[state]}</p>
      {state === "default" && (
        <Button variant="default" onClick={async () => setState(await askPermission())}>
          Allow notifications
        </Button>
      )}
    </Panel>
  );
}
