import { useCallback, useMemo } from "react";
import { currentParams } from "../currentParams";
import { useAddress } from "../useAddress";
import { type CompareView, readView, writeView } from "./view";

/** The view in the address, and the way to change a part of it. */
export function useCompareView(): [
  CompareView,
  (change: Partial<CompareView>) => void,
  URLSearchParams,
] {
  const [params, replace] = useAddress();
  const text = params.toString();
  const view = useMemo(() => readView(new URLSearchParams(text)), [text]);
  const change = useCallback(
    (part: Partial<CompareView>) => replace(writeView(currentParams(), part)),
    [replace],
  );
  return [view, change, params];
}
