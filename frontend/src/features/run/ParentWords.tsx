import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { type Difference, differences, plainText } from "@/lib/difference";

const MOST = 3;

/** That the run is a clone, of what, and what was changed first of all. */
export function ParentWords({ run, parentId }: { run: Run; parentId: string }) {
  const parent = useRun(parentId);
  return (
    <>
      , cloned from{" "}
      <Anchor component={Link} to={`/runs/${parentId}`} inherit underline="always">
        its parent
      </Anchor>
      {parent.data && ` ${changeWords(differences(parent.data.config, run.config))}`}
    </>
  );
}

export function changeWords(found: Difference[]): string {
  if (found.length === 0) return "without a change";
  const said = found
    .slice(0, MOST)
    .map(({ path, from, to }) => `${path} ${plainText(from)} → ${plainText(to)}`);
  if (found.length > MOST) said.push(`${found.length - MOST} more`);
  return `with ${said.join(", ")}`;
}
