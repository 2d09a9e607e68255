import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(__dirname, "../..");

it("the API's types are those of openapi.json; else run `make generate`", () => {
  const folder = mkdtempSync(join(tmpdir(), "costline-"));
  const output = join(folder, "schema.d.ts");
  const cli = join(ROOT, "node_modules/openapi-typescript/bin/cli.js");
  try {
    execFileSync(process.execPath, [
      cli,
      join(ROOT, "openapi.json"),
      "--default-non-nullable=false",
      "--output",
      output,
    ]);
    expect(readFileSync(join(ROOT, "src/api/schema.d.ts"), "utf8")).toBe(
      readFileSync(output, "utf8"),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 30_000);
