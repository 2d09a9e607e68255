import { afterEach, describe, expect, it, vi } from "vitest";
import { MetricsStore } from "@/api/metricsStore";

/** Answers by address, in turn where there is a list; records what was asked. */
function serve(answers: Record<string, unknown[]>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const url = new URL(request.url, "http://localhost");
    asked.push(url.pathname + url.search);
    const found = answers[url.pathname] ?? [];
    const body = await (found.length > 1 ? found.shift() : found[0]);
    return new Response(JSON.stringify(body ?? { detail: "none" }), {
      status: body ? 200 : 503,
      headers: { "content-type": "application/json" },
    });
  });
  return asked;
}

/** An answer that comes when it is told to. */
function later() {
  let give: (body: unknown) => void = () => {};
  const answer = new Promise<unknown>((resolve) => {
    give = resolve;
  });
  return { answer, give };
}

const whole = (from: number, to: number) => ({ runs: { a: table(from, to) } });

function rows(from: number, to = from, back = false) {
  return { run_id: "a", after: from - 1, back, columns: table(from, to).columns };
}

const iterations = (store: MetricsStore) => store.table("a").columns.iteration;

function table(from: number, to: number) {
  const iteration = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return { columns: { iteration, return: iteration }, total: to, last_iteration: to };
}

async function openStore(answers: Record<string, unknown[]> = {}, maxPoints = 100) {
  const asked = serve({ "/api/metrics": [whole(1, 3)], ...answers });
  const store = new MetricsStore({ maxPoints });
  const told = vi.fn();
  const leave = store.watch(["a"], null, told);
  await vi.waitFor(() => expect(store.table("a").status).toBe("ready"));
  return { store, told, leave, asked };
}

const TAIL = "/api/runs/a/metrics";

afterEach(() => vi.unstubAllGlobals());

describe("the metrics of runs on screen", () => {
  it("appends the rows of an event without asking the server again", async () => {
    const { store, asked } = await openStore();
    store.apply(rows(4));
    expect(iterations(store)).toEqual([1, 2, 3, 4]);
    expect(store.table("a").total).toBe(4);
    expect(asked).toHaveLength(1);
  });

  it("tells of a step back, and only of that, by its revision", async () => {
    const { store } = await openStore();
    const { revision } = store.table("a");
    store.apply(rows(4));
    expect(store.table("a").revision).toBe(revision);
    store.apply({ ...rows(3, 3, true), columns: { iteration: [3], return: [33] } });
    await vi.waitFor(() => expect(store.table("a").columns.return).toEqual([1, 2, 33]));
    expect(store.table("a").revision).toBe(revision + 1);
  });

  it("counts iterations, not rows, after a step back in thinned history", async () => {
    const few = { iteration: [1, 40, 90], return: [1, 2, 3] };
    const answer = { runs: { a: { columns: few, total: 90, last_iteration: 90 } } };
    const { store } = await openStore({ "/api/metrics": [answer] });
    store.apply(rows(41, 43, true));
    expect(iterations(store)).toEqual([1, 40, 41, 42, 43]);
    expect(store.table("a").total).toBe(43);
  });

  it("gathers the rows of a fast run instead of drawing each", async () => {
    const { store, told } = await openStore();
    told.mockClear();
    for (let i = 4; i <= 50; i += 1) store.apply(rows(i));
    expect(told).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(iterations(store)).toHaveLength(50));
  });

  it("fetches what is missing when an event leaves a gap", async () => {
    const { store, asked } = await openStore({ [TAIL]: [table(4, 6)] });
    store.apply(rows(6));
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2, 3, 4, 5, 6]));
    expect(asked[1]).toBe(`${TAIL}?after=3`);
  });

  it("thins history anew when twice as many rows are held as were asked for", async () => {
    const thinned = { columns: { iteration: [1, 21] }, total: 21, last_iteration: 21 };
    const answers = { "/api/metrics": [whole(1, 3), { runs: { a: thinned } }] };
    const { store } = await openStore(answers, 10);
    store.apply(rows(4, 20));
    expect(iterations(store)).toHaveLength(20);
    await vi.waitFor(() => {
      store.apply(rows(21));
      expect(iterations(store)).toEqual([1, 21]);
    });
    expect(store.table("a").total).toBe(21);
  });
});

describe("events that come while a request is under way", () => {
  it("are not lost while history is loaded", async () => {
    const { answer, give } = later();
    serve({ "/api/metrics": [answer] });
    const store = new MetricsStore({ maxPoints: 100 });
    store.watch(["a"], null, () => {});
    store.apply(rows(4));
    give(whole(1, 3));
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2, 3, 4]));
  });

  it("stay on top of an older answer that fills a gap", async () => {
    const { answer, give } = later();
    const { store } = await openStore({ [TAIL]: [answer] });
    store.apply(rows(6));
    await vi.waitFor(() => {
      store.apply(rows(7));
      expect(store.table("a").status).toBe("ready");
    });
    give(table(4, 6));
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2, 3, 4, 5, 6, 7]));
  });

  it("do not delete newer rows of the answer", async () => {
    const { answer, give } = later();
    const { store, told } = await openStore({ "/api/metrics": [whole(1, 3), answer] });
    store.reset();
    store.apply(rows(4));
    told.mockClear();
    give(whole(1, 6));
    await vi.waitFor(() => expect(told).toHaveBeenCalled());
    expect(iterations(store)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("are asked for again when they leave a gap after the answer", async () => {
    const { answer, give } = later();
    const { store } = await openStore({ [TAIL]: [answer, table(5, 8)] });
    store.resync();
    store.apply(rows(8));
    give(table(4, 4));
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it("step back from an answer that is older than the step", async () => {
    const { answer, give } = later();
    const { store } = await openStore({ "/api/metrics": [whole(1, 3), answer] });
    store.reset();
    store.apply({ ...rows(2, 2, true), columns: { iteration: [2], return: [22] } });
    give(whole(1, 3));
    await vi.waitFor(() => expect(store.table("a").columns.return).toEqual([1, 22]));
  });
});

describe("a server that is away", () => {
  it("leaves the rows on screen as they are", async () => {
    const { store, asked } = await openStore();
    store.resync();
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(store.table("a").status).toBe("ready");
    expect(iterations(store)).toHaveLength(3);
  });

  it.each([
    "resync",
    "reset",
  ] as const)("is asked again on %s when history is missing", async (how) => {
    serve({ "/api/metrics": [null, whole(1, 3)] });
    const store = new MetricsStore({ maxPoints: 100 });
    store.watch(["a"], null, () => {});
    await vi.waitFor(() => expect(store.table("a").status).toBe("error"));
    store[how]();
    await vi.waitFor(() => expect(store.table("a").status).toBe("ready"));
  });

  it("is asked again by the button, and by the next event", async () => {
    serve({ "/api/metrics": [null, null, whole(1, 3)] });
    const store = new MetricsStore({ maxPoints: 100 });
    const told = vi.fn();
    store.watch(["a"], null, told);
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    store.retry("a");
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2));
    store.apply(rows(3));
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2, 3]));
  });

  it("that has gone back behind what is held gives the whole history again", async () => {
    const answers = {
      "/api/metrics": [whole(1, 3), whole(1, 2)],
      [TAIL]: [{ ...table(4, 3), last_iteration: 2 }],
    };
    const { store } = await openStore(answers);
    store.resync();
    await vi.waitFor(() => expect(iterations(store)).toEqual([1, 2]));
  });
});

describe("watching", () => {
  it("survives a change of watchers without loading anew", async () => {
    const { store, leave, asked } = await openStore();
    leave();
    store.watch(["a"], null, () => {});
    expect(store.table("a").status).toBe("ready");
    expect(asked).toHaveLength(1);
  });

  it("ends: a run that nobody watches any more is forgotten", async () => {
    const { store, leave } = await openStore();
    vi.useFakeTimers();
    leave();
    vi.runAllTimers();
    vi.useRealTimers();
    expect(store.table("a").status).toBe("loading");
  });

  it("of more columns than are held fetches all that are wanted", async () => {
    const asked = serve({ "/api/metrics": [whole(1, 3)] });
    const store = new MetricsStore({ maxPoints: 100 });
    store.watch(["a"], ["return"], () => {});
    store.watch(["a"], ["kl"], () => {});
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]).toContain("columns=return&columns=kl");
  });
});
