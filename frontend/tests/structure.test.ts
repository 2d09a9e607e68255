import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const SOURCE = join(__dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
  .map((entry) => relative(SOURCE, join(entry.parentPath, entry.name)));

/** Which floors a floor may use; features may use their own folder and `shared` besides. */
const ALLOWED: Record<string, string[]> = {
  lib: ["lib"],
  api: ["api", "lib"],
  components: ["components", "api", "lib"],
  features: ["components", "api", "lib"],
  app: ["app", "features", "components", "api", "lib"],
};

/** Type-only imports create no dependency at run time. */
function imports(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), "utf8").replaceAll(/import type [^;]+;/g, "");
  return [...text.matchAll(/(?:from|import\()\s*"@\/([^"]+)"/g)].map((match) => match[1] as string);
}

it.each(files)("%s imports one way: app, features, components, api, lib", (file) => {
  const [floor = "", feature = ""] = file.split("/");
  if (floor === "main.tsx") return;
  for (const name of imports(file)) {
    const [to = "", toFeature = ""] = name.split("/");
    const own = to === "features" && (toFeature === feature || toFeature === "shared");
    const allowed = ALLOWED[floor]?.includes(to) || (floor === "features" && own);
    expect(allowed, `${file} imports @/${name}`).toBe(true);
  }
});

it.each(files)("%s has at most 400 lines", (file) => {
  expect(readFileSync(join(SOURCE, file), "utf8").split("\n").length).toBeLessThanOrEqual(401);
});
