import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Health } from "@/api/types";
import { Badge } from "@/components/Badge";
import { Code } from "@/components/Code";
import { Panel } from "@/components/Panel";
import { bytes } from "@/lib/format";
import classes from "./workers.module.css";

const LOW_DISK = 512 * 2 ** 20;
const DATABASES: Record<string, string> = { sqlite: "SQLite", postgresql: "PostgreSQL" };

/** What the service rests on, each with whether it is well and what to do if not. */
export function HealthPanel({ health }: { health: Health }) {
  const { rendering } = health;
  const package_ = /libegl1|libosmesa6/.exec(rendering.message)?.[0];
  return (
    <Panel title={`Service, version ${health.version}`}>
      <ul className={classes.checks}>
        <Check name="Workers" ok={health.workers > 0}>
          {health.workers > 0 ? `${health.workers} alive` : "none: queued runs wait"}
        </Check>
        <Check name="Database" ok={health.database !== "unreachable"}>
          {health.database === "unreachable"
            ? "does not answer; training goes on as long as its leases last"
            : `${DATABASES[health.database] ?? health.database}, answers`}
        </Check>
        <Check name="Disk" ok={health.disk_free > LOW_DISK}>
          {bytes(health.disk_free)} free
          {health.disk_free <= LOW_DISK && ": runs will fail soon, make room"}
        </Check>
        <Check name="Videos" ok={rendering.backend !== null}>
          {rendering.message}
          {rendering.backend === null && package_ && (
            <>
              <Code label="Install rendering" text={`apt install ${package_}`} />
              Rollouts are recorded all the same, and can be replayed in the browser.
            </>
          )}
        </Check>
      </ul>
    </Panel>
  );
}

function Check({ name, ok, children }: { name: string; ok: boolean; children: ReactNode }) {
  const Icon = ok ? IconCheck : IconAlertTriangle;
  return (
    <li>
      <b>{name}</b>
      <Badge tone={ok ? "within" : "over"} icon={<Icon size={13} aria-hidden />}>
        {ok ? "OK" : "look at this"}
      </Badge>
      <div>{children}</div>
    </li>
  );
}
