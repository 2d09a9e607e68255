import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";
import type { paths } from "./schema";
import type { Run, RunCreate, RunList, RunPatch, Study } from "./types";

export type RunFilter = NonNullable<paths["/api/runs"]["get"]["parameters"]["query"]>;
export type Move = "pause" | "resume" | "stop" | "retry" | "restore";

export function runsQuery(filter: RunFilter) {
  return queryOptions({
    queryKey: keys.runList(filter),
    queryFn: ({ signal }) => unwrap(api.GET("/api/runs", { params: { query: filter }, signal })),
  });
}

/** `every`: ask again after so many ms, for what changes without anybody's doing. */
export function useRuns(filter: RunFilter, every?: number) {
  return useQuery({
    ...runsQuery(filter),
    refetchInterval: every ?? false,
    placeholderData: keepPreviousData,
  });
}

/** Expected starts move with the pace of the runs ahead, which is no news of the run itself. */
export const QUEUE_EVERY_MS = 10_000;

export function runQuery(id: string) {
  return queryOptions({
    queryKey: keys.run(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
  });
}

export function useRun(id: string) {
  return useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data?.state === "queued" ? QUEUE_EVERY_MS : false),
  });
}

export function useRunEvents(id: string) {
  return useQuery({
    queryKey: keys.events(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/runs/{run_id}/events", { params: { path: { run_id: id } }, signal })),
  });
}

export function useRunLog(id: string, tail: number, live: boolean) {
  return useQuery({
    queryKey: keys.log(id, tail),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/log", {
          params: { path: { run_id: id }, query: { tail } },
          signal,
        }),
      ),
    refetchInterval: live ? 3000 : false,
    placeholderData: (previous) => previous,
  });
}

/** Put a newer version of a run into every list and page that shows it. */
export function rememberRun(client: QueryClient, run: Run): void {
  client.setQueryData(keys.run(run.id), run);
  client.setQueriesData<RunList>(
    { queryKey: keys.runLists },
    (list) => list && { ...list, runs: replaced(list.runs, run) },
  );
  if (run.study_id)
    // Its row only: the progress of the whole is the server's, and asked for again.
    client.setQueryData<Study>(
      keys.study(run.study_id),
      (study) => study && { ...study, runs: replaced(study.runs, run) },
    );
}

function replaced(runs: Run[], run: Run): Run[] {
  return runs.map((old) => (old.id === run.id ? run : old));
}

function useRunMutation<V>(call: (variables: V) => Promise<Run>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: (run) => {
      // The stream may already have told of a newer state than this answer, so it is not kept
      // where one is: the run is asked for again.
      if (!client.getQueryData(keys.run(run.id))) rememberRun(client, run);
      client.invalidateQueries({ queryKey: keys.run(run.id), exact: true });
      client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}

export function useMove() {
  return useRunMutation(({ id, move }: { id: string; move: Move }) =>
    unwrap(api.POST(`/api/runs/{run_id}/${move}`, { params: { path: { run_id: id } } })),
  );
}

export function useDeleteRun() {
  return useRunMutation((id: string) =>
    unwrap(api.DELETE("/api/runs/{run_id}", { params: { path: { run_id: id } } })),
  );
}

export function usePatchRun() {
  return useRunMutation(({ id, body }: { id: string; body: RunPatch }) =>
    unwrap(api.PATCH("/api/runs/{run_id}", { params: { path: { run_id: id } }, body })),
  );
}

/** Puts a queued run right before or right after another one. */
export function usePlaceRun() {
  return useRunMutation(({ id, ...body }: { id: string; before?: string; after?: string }) =>
    unwrap(api.POST("/api/runs/{run_id}/place", { params: { path: { run_id: id } }, body })),
  );
}

/** One run per seed, all or none; from scratch, or as clones of `parent`. */
export function useCreateRuns() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({
      parent,
      body,
      seeds,
    }: {
      parent?: string;
      body: RunCreate;
      seeds: number[];
    }) => {
      const { seed: _, ...rest } = body;
      const many = { ...rest, seeds };
      if (!parent) return unwrap(api.POST("/api/runs/seeds", { body: many }));
      const params = { path: { run_id: parent } };
      return unwrap(api.POST("/api/runs/{run_id}/clone/seeds", { params, body: many }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.runs }),
  });
}

export function useCreateRun() {
  return useRunMutation((body: RunCreate) => unwrap(api.POST("/api/runs", { body })));
}

/** Checks a configuration on the server without starting it, and says how long it would take. */
export function useEstimate(body: RunCreate | null) {
  return useQuery({
    queryKey: keys.estimate(body),
    queryFn: ({ signal }) =>
      unwrap(api.POST("/api/runs/estimate", { body: body as RunCreate, signal })),
    enabled: body !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
