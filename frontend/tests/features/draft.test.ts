import { describe, expect, it } from "vitest";
import { ApiProblem } from "@/api/problem";
import type { Catalog, Run } from "@/api/types";
import {
  baseConfig,
  cloneDraft,
  differencesFrom,
  estimateRequest,
  localProblems,
  newDraft,
  problemsOf,
  request,
} from "@/features/launch/draft";
import { boundsInWords, type FieldSchema, groups, parseList } from "@/features/launch/schema";

const config = {
  task: "point-circle",
  algorithm: "cpo",
  seed: 0,
  delta: 0.01,
  limits: { outside: 5 },
};
const catalog = {
  tasks: [
    {
      name: "point-circle",
      costs: [{ name: "outside", title: "Outside", limit: 5, unit: "", help: "" }],
      presets: { default: { title: "Default (recommended)", help: "", config } },
    },
  ],
  algorithms: [{ name: "cpo" }],
} as unknown as Catalog;
const parent = {
  ...config,
  id: "p",
  preset: "default",
  config,
  name: "",
  tags: [],
  priority: 2,
} as unknown as Run;

function buildDraft(changes = {}) {
  return { ...newDraft(catalog), ...changes };
}

describe("the launch form's request", () => {
  it("carries only what differs from the preset", () => {
    const draft = buildDraft({ changes: { delta: 0.02 } });
    expect(request(draft, config, 3)).toMatchObject({ seed: 3, config: { delta: 0.02 } });
    expect(request(buildDraft(), config, 0).config).toEqual({});
  });

  it("drops a change that was taken back", () => {
    expect(request(buildDraft({ changes: { delta: 0.01 } }), config, 0).config).toEqual({});
  });

  it("reads a list only from its whole text", () => {
    const draft = buildDraft({ options: { nu: { listText: "0.5" } } });
    expect(request(draft, config, 0).config).toEqual({ options: { nu: [0.5] } });
    const layers = buildDraft({ changes: { hidden: { listText: "64, 32, 16" } } });
    expect(request(layers, config, 0).config).toEqual({ hidden: [64, 32, 16] });
  });

  it("sends a limit as typed, so that the server can refuse it by name", () => {
    const draft = buildDraft({ limits: { outside: "-1x" } });
    expect(request(draft, config, 0).config).toEqual({ limits: { outside: "-1x" } });
  });

  it("sends a priority as a number, and what is none as typed", () => {
    expect(request(buildDraft({ priority: "3" }), config, 0).priority).toBe(3);
    expect(request(buildDraft({ priority: "-" }), config, 0).priority).toBe("-");
  });

  it("asks for a limit of every cost and for whole seeds before it asks the server", () => {
    const problems = localProblems(buildDraft({ limits: { outside: "" }, seeds: "0.5" }));
    expect(Object.keys(problems)).toEqual(["seed", "config.limits.outside"]);
  });
});

describe("a clone", () => {
  it("starts as its parent and shows what was changed", () => {
    const draft = { ...cloneDraft(parent), seeds: "1, 2", changes: { delta: 0.03 } };
    const base = baseConfig(draft, catalog, parent);
    expect(differencesFrom(parent, draft, base)).toEqual([
      { path: "seed", from: [0], to: [1, 2] },
      { path: "delta", from: 0.01, to: 0.03 },
    ]);
  });

  it("is checked with its parent's settings, not with the preset's alone", () => {
    const odd = { ...parent, config: { ...config, delta: 0.5 } } as unknown as Run;
    const draft = cloneDraft(odd);
    const body = estimateRequest(draft, baseConfig(draft, catalog, odd), 0, odd);
    expect(body.config).toMatchObject({ delta: 0.5 });
    expect(body.config).not.toHaveProperty("task");
  });
});

it("puts the messages of a refusal beside their fields", () => {
  const errors = [{ field: "config.delta", message: "must be at most 1, not 3" }];
  expect(problemsOf(new ApiProblem(422, "Invalid", "", errors))).toEqual({
    "config.delta": "must be at most 1, not 3",
  });
});

describe("the schema", () => {
  const field = (more: Partial<FieldSchema>): FieldSchema => ({
    type: "number",
    title: "T",
    description: "",
    ...more,
  });
  it("groups fields and leaves out those with a place of their own", () => {
    const found = groups({
      properties: {
        task: field({}),
        delta: field({ "x-group": "Trust region" }),
        threads: field({ "x-group": "Machine", "x-advanced": true }),
      },
    });
    expect(found.map((g) => [g.name, g.advanced])).toEqual([
      ["Trust region", false],
      ["Machine", true],
    ]);
  });
  it("says bounds in words", () => {
    expect(boundsInWords(field({ minimum: 1, maximum: 200 }))).toBe("1 to 200");
    expect(boundsInWords(field({ exclusiveMinimum: 0, maximum: 1 }))).toBe("above 0, at most 1");
  });
  it("reads lists of numbers and leaves the rest to the server", () => {
    expect(parseList("64, 32")).toEqual([64, 32]);
    expect(parseList("64, x")).toBe("64, x");
  });
});
