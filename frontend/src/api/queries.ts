import {
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect } from "react";
import type { XAxis } from "@/lib/axis";
import { api, unwrap } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

export function useHealth() {
  return useQuery({
    queryKey: keys.health,
    // A server that hangs answers nothing at all: after a while that is as good as none.
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/health", { signal: AbortSignal.any([signal, AbortSignal.timeout(6000)]) }),
      ),
    refetchInterval: 5_000,
    retry: false,
  });
}

/** Who is signed in, and whether this server wants that. */
export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => unwrap(api.GET("/api/session", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => unwrap(api.POST("/api/session", { body: { token } })),
    // Whatever was refused before is asked for again.
    onSuccess: () => client.resetQueries(),
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/session")),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
    },
  });
}

export function useStudyEstimate(preset: string) {
  return useQuery({
    queryKey: keys.studyEstimate(preset),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/studies/presets/{name}/estimate", {
          params: { path: { name: preset } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
}

export function useCatalog() {
  return useQuery({
    queryKey: keys.catalog,
    queryFn: ({ signal }) => unwrap(api.GET("/api/catalog", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useWorkers() {
  return useQuery({
    queryKey: keys.workers,
    queryFn: ({ signal }) => unwrap(api.GET("/api/workers", { signal })),
    refetchInterval: 15_000,
  });
}

export function useStudies() {
  return useQuery({
    queryKey: keys.studies,
    queryFn: ({ signal }) => unwrap(api.GET("/api/studies", { signal })),
    refetchInterval: 10_000,
  });
}

export function useStudy(id: string) {
  return useQuery({
    queryKey: keys.study(id),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/studies/{study_id}", { params: { path: { study_id: id } }, signal })),
    // The stream brings its runs as they go on; how far the whole is, only the server knows.
    refetchInterval: ({ state }) =>
      state.data && state.data.progress.fraction < 1 ? 3_000 : 10_000,
  });
}

export function useCreateStudy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["StudyCreate"]) =>
      unwrap(api.POST("/api/studies", { body })),
    onSuccess: () => {
      client.invalidateQueries({ queryKey: keys.studies });
      client.invalidateQueries({ queryKey: keys.runs });
    },
  });
}

/**
 * All figures: layouts and traces. Their data is replaced from the run's columns by each trace's
 * `meta`, so history crosses the wire once for all figures; hence the fewest points possible.
 */
export function figuresQuery(runId: string, x: XAxis) {
  return queryOptions({
    queryKey: keys.figures(runId, x),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/figures", {
          params: { path: { run_id: runId }, query: { x, max_points: 4 } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `begun`: the run has rows. Which curves there are is known with the first. */
export function useFigures(runId: string, x: XAxis, begun: boolean) {
  const found = useQuery({ ...figuresQuery(runId, x), placeholderData: keepPreviousData });
  const { data, isFetching, refetch } = found;
  const old = begun && data?.begun === false && !isFetching;
  useEffect(() => {
    if (old) void refetch();
  }, [old, refetch]);
  return found;
}

/** The update of an iteration; with the `newest` past it, also what the next batch measured. */
export function useUpdate(runId: string, iteration: number | null, newest: number) {
  return useQuery({
    queryKey: keys.update(runId, iteration ?? 0, newest > (iteration ?? 0)),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/runs/{run_id}/updates/{iteration}", {
          params: { path: { run_id: runId, iteration: iteration ?? 0 } },
          signal,
        }),
      ),
    enabled: iteration !== null,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (previous) => previous,
    retry: false,
  });
}

function videosQuery(runId: string) {
  return queryOptions({
    queryKey: keys.videos(runId),
    queryFn: ({ signal }) =>
      unwrap(api.GET("/api/runs/{run_id}/videos", { params: { path: { run_id: runId } }, signal })),
  });
}

export function useVideos(runId: string) {
  return useQuery(videosQuery(runId));
}

/** The videos of several runs, in the order of the runs. */
export function useVideosOf(runIds: string[]) {
  return useQueries({ queries: runIds.map(videosQuery) });
}

/** What a rollout recorded beside its video: see cpo_core.rollouts.video. */
export interface RolloutRecord {
  fps: number;
  return: number;
  frames: number;
  costs: Record<string, number>;
  step_costs: Record<string, number[]>;
  step_rewards?: number[];
}

export function useRecord(url: string | null) {
  return useQuery({
    queryKey: keys.record(url ?? ""),
    queryFn: async ({ signal }): Promise<RolloutRecord> => {
      const answer = await fetch(url ?? "", { signal });
      if (!answer.ok) throw new Error(`The rollout's record is missing (${answer.status}).`);
      return answer.json();
    },
    enabled: url !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
