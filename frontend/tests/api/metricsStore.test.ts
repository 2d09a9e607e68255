import { afterEach, describe, expect, it, vi } from "vitest";
import { MetricsStore } from "@/api/metricsStore";

/** Answers by address; records what was asked. */
function serve(answers: Record<string, unknown>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const url = new URL(request.url, "http://localhost");
    asked.push(url.pathname + url.search);
    const found = Object.entries(answers).find(([path]) => url.pathname === path);
    return new Response(JSON.stringify(found?.[1] ?? { detail: "none" }), {
      status: found ? 200 : 404,
      headers: { "content-type": "application/json" },
    });
  });
  return asked;
}

function table(from: number, to: number) {
  const iteration = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return { columns: { iteration, return: iteration }, total: to, last_iteration: to };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

async function openStore(answers: Record<string, unknown> = {}) {
  const asked = serve({ "/api/metrics": { runs: { a: table(1, 3) } }, ...answers });
  const store = new MetricsStore({ maxPoints: 100 });
  const told = vi.fn();
  const leave = store.watch(["a"], null, told);
  await vi.waitFor(() => expect(store.table("a").status).toBe("ready"));
  return { store, told, leave, asked };
}

afterEach(() => vi.unstubAllGlobals());

describe("the metrics of runs on screen", () => {
  it("appends the rows of an event without asking the server again", async () => {
    const { store, asked } = await openStore();
    store.apply({ run_id: "a", after: 3, columns: { iteration: [4], return: [4] } });
    expect(store.table("a").columns.iteration).toEqual([1, 2, 3, 4]);
    expect(store.table("a").total).toBe(4);
    expect(asked).toHaveLength(1);
  });

  it("keeps its revision while rows are only appended, so that traces can be extended", async () => {
    const { store } = await openStore();
    const { revision } = store.table("a");
    store.apply({ run_id: "a", after: 3, columns: { iteration: [4], return: [4] } });
    expect(store.table("a").revision).toBe(revision);
    store.apply({ run_id: "a", after: 2, columns: { iteration: [3], return: [33] } });
    await vi.waitFor(() => expect(store.table("a").columns.return).toEqual([1, 2, 33]));
    expect(store.table("a").revision).toBe(revision + 1);
  });

  it("gathers the rows of a fast run instead of drawing each", async () => {
    const { store, told } = await openStore();
    told.mockClear();
    for (let i = 4; i <= 50; i += 1)
      store.apply({ run_id: "a", after: i - 1, columns: { iteration: [i], return: [i] } });
    expect(told).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(store.table("a").columns.iteration).toHaveLength(50));
  });

  it("fetches what is missing when an event leaves a gap", async () => {
    const { store, asked } = await openStore({ "/api/runs/a/metrics": table(4, 6) });
    store.apply({ run_id: "a", after: 5, columns: { iteration: [6], return: [6] } });
    await vi.waitFor(() => expect(store.table("a").columns.iteration).toEqual([1, 2, 3, 4, 5, 6]));
    expect(asked[1]).toBe("/api/runs/a/metrics?after=3");
  });

  it("keeps the rows on screen when the server is away", async () => {
    const { store } = await openStore();
    store.resync();
    await settled();
    expect(store.table("a").status).toBe("ready");
    expect(store.table("a").columns.iteration).toHaveLength(3);
  });

  it("forgets a run that nobody watches any more", async () => {
    const { store, leave, told } = await openStore();
    leave();
    told.mockClear();
    store.apply({ run_id: "a", after: 3, columns: { iteration: [4], return: [4] } });
    expect(told).not.toHaveBeenCalled();
    expect(store.table("a").status).toBe("loading");
  });
});
