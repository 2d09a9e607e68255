import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import { messageOf } from "@/api/problem";
import { useCatalog } from "@/api/queries";
import { useCreateRun } from "@/api/runs";

const DEMO_TASK = "point-circle";
/** Small batches: a first curve in two minutes. */
const DEMO_PRESET = "quick";

/** The run that shows what this is about: what to ask for, and a way to start it and go there. */
export function useDemoRun() {
  const catalog = useCatalog();
  const create = useCreateRun();
  const navigate = useNavigate();
  const task = catalog.data?.tasks.find((t) => t.name === DEMO_TASK) ?? catalog.data?.tasks[0];
  const preset = task && DEMO_PRESET in task.presets ? DEMO_PRESET : "default";
  const body = { task: task?.name ?? DEMO_TASK, algorithm: "cpo", preset };
  const start = () =>
    create.mutate(
      { ...body, name: "Demo run" },
      {
        onSuccess: (run) => navigate(`/runs/${run.id}`),
        onError: (error) =>
          notifications.show({ color: "red", title: "Could not start", message: messageOf(error) }),
      },
    );
  return { body, start, busy: create.isPending, ready: task !== undefined };
}
