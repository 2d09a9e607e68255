import { ActionIcon, Indicator, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconBell } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type MouseEvent, useEffect, useRef } from "react";
import { Link, type NavigateFunction, useLocation, useNavigate } from "react-router";
import { type Alert, useAlerts } from "@/api/alerts";
import { keys } from "@/api/keys";
import { hub } from "@/api/stream/hub";
import { notifyBrowser } from "./browser";
import { alertSubject, LOOKS } from "./words";

/** How many alerts nobody has seen; new ones are told on the page and, if wished, by the browser. */
export function AlertBell() {
  const list = useAlerts();
  useNewAlerts(list.data?.alerts[0]?.id);
  const unseen = list.data?.unseen ?? 0;
  const bad = list.data?.alerts.some(({ seen, kind }) => !seen && LOOKS[kind].tone === "over");
  const words = unseen === 0 ? "Alerts" : `Alerts, ${unseen} new`;
  return (
    <Tooltip label={words}>
      <Indicator
        label={unseen > 99 ? "99+" : unseen}
        size={16}
        offset={5}
        color={bad ? "red.8" : "brand.6"}
        disabled={unseen === 0}
      >
        <ActionIcon
          component={Link}
          to="/alerts"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={words}
        >
          <IconBell size={18} />
        </ActionIcon>
      </Indicator>
    </Tooltip>
  );
}

/** Tells every alert that comes by the stream once; deliveries of known ones only refresh lists. */
function useNewAlerts(newest: number | undefined): void {
  const client = useQueryClient();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const known = useRef(0);
  const here = useRef(pathname);
  useEffect(() => {
    known.current = Math.max(known.current, newest ?? 0);
    here.current = pathname;
  }, [newest, pathname]);
  useEffect(
    () =>
      hub.onEvent(({ event, data }) => {
        if (event !== "alert") return;
        const alert = JSON.parse(data) as Alert;
        void client.invalidateQueries({ queryKey: keys.alerts });
        if (alert.seen || alert.id <= known.current) return;
        known.current = alert.id;
        if (document.hidden) notifyBrowser(alert);
        // Whoever looks at the run or at the list sees it anyway.
        else if (here.current !== "/alerts" && here.current !== `/runs/${alert.run_id}`)
          tell(alert, navigate);
      }),
    [client, navigate],
  );
}

function tell(alert: Alert, navigate: NavigateFunction): void {
  const { icon: Icon, colour } = LOOKS[alert.kind];
  const id = `alert-${alert.id}`;
  const address = alert.run_id ? `/runs/${alert.run_id}` : "/alerts";
  // Notifications live outside the router, so its Link does not work there.
  const open = (event: MouseEvent) => {
    event.preventDefault();
    notifications.hide(id);
    navigate(address);
  };
  notifications.show({
    id,
    color: colour,
    icon: <Icon size={17} aria-hidden />,
    title: alertSubject(alert),
    message: (
      <>
        {alert.message}{" "}
        <a href={address} onClick={open}>
          {alert.run_id ? "See the run" : "See the alerts"}
        </a>
      </>
    ),
    autoClose: alert.kind === "failed" ? 20_000 : 8_000,
    closeButtonProps: { "aria-label": "Close" },
  });
}
