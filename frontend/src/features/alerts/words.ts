import { IconAlertTriangle, IconBell, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import type { Alert, AlertRule } from "@/api/alerts";
import type { Tone } from "@/components/Badge";
import { count } from "@/lib/format";

/** How each kind of alert looks: word, icon and colour. */
export const LOOKS = {
  over: { word: "over limit", icon: IconAlertTriangle, tone: "over" as Tone, colour: "orange.8" },
  failed: { word: "failed", icon: IconCircleX, tone: "over" as Tone, colour: "red.8" },
  done: { word: "done", icon: IconCircleCheck, tone: "within" as Tone, colour: "teal.8" },
  test: { word: "test", icon: IconBell, tone: "idle" as Tone, colour: "gray.7" },
};

export function alertSubject(alert: Alert): string {
  return alert.run_name || "Costline";
}

/** A rule in words: the event that raises it. */
export function ruleWords(rule: AlertRule): string {
  if (rule.kind === "failed") return "A run fails";
  if (rule.kind === "done") return "A run is done";
  return `A cost is over its limit for ${count(rule.iterations ?? 1, "iteration")} in a row`;
}
