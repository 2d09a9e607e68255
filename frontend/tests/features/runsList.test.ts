import { describe, expect, it } from "vitest";
import type { Catalog } from "@/api/types";
import { changed, filterOf, pageOf } from "@/features/runs/listing";
import { nameOf, problemsOf, runsOf } from "@/features/studies/design";
import { outcome } from "@/lib/outcome";

describe("the list of runs", () => {
  it("reads its filter from the address and ignores what it does not know", () => {
    const filter = filterOf(new URLSearchParams("state=failed&state=odd&sort=regret&page=3"));
    expect([filter.state, filter.sort, filter.offset]).toEqual([["failed"], "regret", 100]);
    expect(filterOf(new URLSearchParams("sort=odd")).sort).toBe("created_at");
    expect(pageOf(new URLSearchParams("page=-1"))).toBe(1);
  });

  it("begins at the first page after another filter", () => {
    expect(changed(new URLSearchParams("page=3&tag=a"), { tag: "b" }).toString()).toBe("tag=b");
  });

  it("says how many moves were refused and why", () => {
    const results: PromiseSettledResult<unknown>[] = [
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: new Error("the run has ended") },
    ];
    expect(outcome("stopped", results)).toBe("1 stopped; 1 refused: the run has ended");
  });
});

describe("a study of one's own", () => {
  const design = { task: "t", algorithms: ["cpo", "trpo"], seeds: "0-1", preset: "d", name: "" };

  const catalog = {
    tasks: [{ name: "t", title: "Task" }],
    algorithms: [{ name: "cpo", title: "CPO" }],
  } as unknown as Catalog;

  it("is one run per seed and algorithm, seeds outermost", () => {
    expect(runsOf(design, catalog).map((run) => [run.seed, run.algorithm])).toEqual([
      [0, "cpo"],
      [0, "trpo"],
      [1, "cpo"],
      [1, "trpo"],
    ]);
  });

  it("is named by titles, and by the plain name of what the catalog does not know", () => {
    expect(runsOf(design, catalog)[0]?.name).toBe("Task: CPO");
    expect(nameOf(design, catalog)).toBe("Task: CPO, trpo");
  });

  it("names what is missing", () => {
    expect(Object.keys(problemsOf({ ...design, algorithms: [], seeds: "x" }))).toEqual([
      "seeds",
      "algorithms",
    ]);
  });
});
