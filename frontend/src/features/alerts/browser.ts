import type { Alert } from "@/api/alerts";
import { alertSubject } from "./words";

export type Permission = "default" | "granted" | "denied" | "missing";

export function permission(): Permission {
  return typeof Notification === "undefined" ? "missing" : Notification.permission;
}

/** Ask the person; only ever called from a click. */
export async function askPermission(): Promise<Permission> {
  if (permission() === "missing") return "missing";
  return Notification.requestPermission();
}

/** A notification of the system. Tabs share its tag, so that ten of them show one. */
export function notifyBrowser(alert: Alert): void {
  if (permission() !== "granted") return;
  const shown = new Notification(alertSubject(alert), {
    body: alert.message,
    tag: `costline-alert-${alert.id}`,
    icon: "/favicon.svg",
  });
  shown.onclick = () => {
    window.focus();
    if (alert.run_id) window.location.assign(`/runs/${alert.run_id}`);
  };
}
