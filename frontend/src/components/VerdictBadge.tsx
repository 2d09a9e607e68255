import { IconAlertTriangle, IconShieldCheck, IconWaveSine } from "@tabler/icons-react";
import type { Verdict } from "@/lib/expressions";
import { Badge } from "./Badge";

const WORDS: Record<Verdict, string> = {
  within: "within limit",
  noise: "at the limit, within noise",
  over: "over the limit",
};
const ICONS = {
  within: IconShieldCheck,
  noise: IconWaveSine,
  over: IconAlertTriangle,
};

/** Whether a cost is under its limit, in words, icon and colour. */
export function VerdictBadge({ verdict }: { verdict: Verdict | null }) {
  if (verdict === null) return <Badge tone="idle">no data yet</Badge>;
  const Icon = ICONS[verdict];
  return (
    <Badge tone={verdict} icon={<Icon size={13} aria-hidden />}>
      {WORDS[verdict]}
    </Badge>
  );
}
