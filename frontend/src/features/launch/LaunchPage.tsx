import { useSearchParams } from "react-router";
import { useCatalog } from "@/api/queries";
import { useRun } from "@/api/runs";
import { Failed, Loading } from "@/components/Empty";
import { cloneDraft, newDraft } from "./draft";
import { LaunchForm } from "./LaunchForm";

/** A new run, from nothing or (`?clone=`) from another run. */
export function LaunchPage() {
  const [params] = useSearchParams();
  const parentId = params.get("clone");
  const catalog = useCatalog();
  if (catalog.isPending) return <Loading what="tasks and algorithms" />;
  if (catalog.isError)
    return <Failed what="The catalog" error={catalog.error} retry={() => catalog.refetch()} />;
  if (parentId) return <CloneForm parentId={parentId} catalog={catalog.data} />;
  const draft = newDraft(catalog.data, params.get("task") ?? undefined);
  return <LaunchForm catalog={catalog.data} initial={draft} parent={null} />;
}

type CatalogData = NonNullable<ReturnType<typeof useCatalog>["data"]>;

function CloneForm({ parentId, catalog }: { parentId: string; catalog: CatalogData }) {
  const parent = useRun(parentId);
  if (parent.isPending) return <Loading what="the run to clone" />;
  if (parent.isError)
    return <Failed what="The run to clone" error={parent.error} retry={() => parent.refetch()} />;
  return (
    <LaunchForm
      key={parentId}
      catalog={catalog}
      initial={cloneDraft(parent.data)}
      parent={parent.data}
    />
  );
}
