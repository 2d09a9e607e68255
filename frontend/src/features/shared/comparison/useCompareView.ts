import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { currentParams } from "../currentParams";
import { type CompareView, readView, writeView } from "./view";

/** The view in the address, and the way to change a part of it. */
export function useCompareView(): [
  CompareView,
  (change: Partial<CompareView>) => void,
  URLSearchParams,
] {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const view = useMemo(() => readView(new URLSearchParams(text)), [text]);
  const change = useCallback(
    (part: Partial<CompareView>) =>
      setParams(writeView(currentParams(), part), { replace: true, preventScrollReset: true }),
    [setParams],
  );
  return [view, change, params];
}
