/** Query keys: one list, so that the event stream can invalidate exactly what changed. */
export const keys = {
  health: ["health"] as const,
  session: ["session"] as const,
  catalog: ["catalog"] as const,
  workers: ["workers"] as const,
  studies: ["studies"] as const,
  study: (id: string) => ["studies", id] as const,
  runs: ["runs"] as const,
  runList: (filter: object) => ["runs", "list", filter] as const,
  run: (id: string) => ["run", id] as const,
  figures: (id: string, x: string) => ["run", id, "figures", x] as const,
  update: (id: string, iteration: number, followed: boolean) =>
    ["run", id, "update", iteration, followed] as const,
  videos: (id: string) => ["run", id, "videos"] as const,
  record: (url: string) => ["record", url] as const,
  policies: (id: string) => ["run", id, "policies"] as const,
  events: (id: string) => ["run", id, "events"] as const,
  log: (id: string) => ["run", id, "log"] as const,
};
