import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";
import type { Run } from "./types";

type Schemas = components["schemas"];
export type Kept = Schemas["Kept"];
export type Evaluation = Schemas["Evaluation"];
export type EvaluationCreate = Schemas["EvaluationCreate"];
export type Replay = Schemas["Replay"];

/**
 * Files of every kept checkpoint, asked for again with each new one: older ones are dropped then.
 * `waiting`: an export is under way, look for its hash.
 */
export function usePolicies(run: Run, waiting = false) {
  const newest = Math.floor(run.iteration / Number(run.config.checkpoint_every));
  return useQuery({
    queryKey: keys.policiesAt(run.id, newest),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/policies", { params: { path: { run_id: run.id } }, signal }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: waiting ? 1000 : false,
  });
}

/** Measurements of a run's policies; asked for often only while one is under way. */
export function useEvaluations(runId: string) {
  return useQuery({
    queryKey: keys.evaluations(runId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/evaluations", { params: { path: { run_id: runId } }, signal }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.evaluations.some((e) => e.state === "waiting" || e.state === "running")
        ? 1000
        : false,
  });
}

export function useEvaluate(runId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: EvaluationCreate) =>
      unwrap(
        api.POST("/api/runs/{run_id}/evaluations", { params: { path: { run_id: runId } }, body }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.evaluations(runId) }),
  });
}

/** Recorded rollouts; new ones come with the videos. */
export function useReplays(runId: string) {
  return useQuery({
    queryKey: keys.replays(runId),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/replays", { params: { path: { run_id: runId } }, signal }),
      ),
  });
}
