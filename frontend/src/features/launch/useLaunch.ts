import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import { useCreateRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { count } from "@/lib/format";
import { type Draft, request } from "./draft";

/** Starts one run per seed, all or none; the problems of a refusal go beside the fields. */
export function useLaunch(parent: Run | null) {
  const create = useCreateRuns();
  const navigate = useNavigate();
  const start = (draft: Draft, base: Record<string, unknown>, seeds: number[]) =>
    create.mutate(
      { parent: parent?.id, body: request(draft, base, seeds[0] ?? 0), seeds },
      {
        onSuccess: ({ runs }) => {
          const [first] = runs;
          if (runs.length === 1 && first) {
            navigate(`/runs/${first.id}`);
            return;
          }
          notifications.show({ message: `${count(runs.length, "run")} queued.` });
          navigate("/");
        },
      },
    );
  return { start, error: create.error, forget: create.reset, busy: create.isPending };
}
