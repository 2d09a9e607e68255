import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { keys } from "./keys";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Alert = Schemas["Alert"];
export type AlertRule = Schemas["AlertRule"];
export type AlertRuleCreate = Schemas["AlertRuleCreate"];
export type AlertRulePatch = Schemas["AlertRulePatch"];

export function useAlerts() {
  return useQuery({
    queryKey: keys.alerts,
    queryFn: ({ signal }) => unwrap(api.GET("/api/alerts", { signal })),
    staleTime: 60_000,
  });
}

export function useSeeAlerts() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (upto: number) => unwrap(api.POST("/api/alerts/seen", { body: { upto } })),
    onSuccess: (list) => client.setQueryData(keys.alerts, list),
  });
}

export function useAlertRules() {
  return useQuery({
    queryKey: keys.alertRules,
    queryFn: ({ signal }) => unwrap(api.GET("/api/alert-rules", { signal })),
  });
}

function useRuleMutation<V>(call: (variables: V) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.alertRules }),
  });
}

export function useCreateRule() {
  return useRuleMutation((body: AlertRuleCreate) => unwrap(api.POST("/api/alert-rules", { body })));
}

export function usePatchRule() {
  return useRuleMutation(({ id, body }: { id: string; body: AlertRulePatch }) =>
    unwrap(api.PATCH("/api/alert-rules/{rule_id}", { params: { path: { rule_id: id } }, body })),
  );
}

export function useDeleteRule() {
  return useRuleMutation((id: string) =>
    unwrap(api.DELETE("/api/alert-rules/{rule_id}", { params: { path: { rule_id: id } } })),
  );
}

export function useTestRule() {
  return useRuleMutation((id: string) =>
    unwrap(api.POST("/api/alert-rules/{rule_id}/test", { params: { path: { rule_id: id } } })),
  );
}
