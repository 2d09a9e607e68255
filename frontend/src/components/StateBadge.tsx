import {
  IconAlertTriangle,
  IconCheck,
  IconClockHour4,
  IconLoader2,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { RunState } from "@/api/types";
import { Badge, type Tone } from "./Badge";

interface Look {
  tone: Tone;
  icon: ComponentType<{ size: number; "aria-hidden": boolean }>;
  spin?: boolean;
}

const LOOKS: Record<RunState, Look> = {
  queued: { tone: "idle", icon: IconClockHour4 },
  starting: { tone: "active", icon: IconLoader2, spin: true },
  running: { tone: "active", icon: IconPlayerPlay },
  pausing: { tone: "noise", icon: IconLoader2, spin: true },
  paused: { tone: "noise", icon: IconPlayerPause },
  stopping: { tone: "idle", icon: IconLoader2, spin: true },
  stopped: { tone: "idle", icon: IconPlayerStop },
  succeeded: { tone: "within", icon: IconCheck },
  failed: { tone: "over", icon: IconAlertTriangle },
};

/** A run's state as word and icon. */
export function StateBadge({ state }: { state: RunState }) {
  const { tone, icon: Icon, spin } = LOOKS[state];
  return (
    <Badge tone={tone} spin={spin} icon={<Icon size={13} aria-hidden />}>
      {state}
    </Badge>
  );
}
