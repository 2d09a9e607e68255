import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCloneRun, useCreateRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { count } from "@/lib/format";
import { type Draft, request } from "./draft";

/** Starts one run per seed; stops at the first refusal, whose problems go beside the fields. */
export function useLaunch(parent: Run | null) {
  const create = useCreateRun();
  const clone = useCloneRun();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const one = (draft: Draft, base: Record<string, unknown>, seed: number): Promise<Run> => {
    const body = request(draft, base, seed);
    if (!parent) return create.mutateAsync(body);
    return clone.mutateAsync({ id: parent.id, body });
  };

  const start = async (draft: Draft, base: Record<string, unknown>, seeds: number[]) => {
    setBusy(true);
    setError(null);
    try {
      const started: Run[] = [];
      for (const seed of seeds) started.push(await one(draft, base, seed));
      const [first] = started;
      if (started.length === 1 && first) navigate(`/runs/${first.id}`);
      else {
        notifications.show({ message: `${count(started.length, "run")} queued.` });
        navigate("/");
      }
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { start, error, busy };
}
