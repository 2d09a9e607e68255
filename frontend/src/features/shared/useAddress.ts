import { useCallback, useEffect, useRef } from "react";
import { useNavigation, useSearchParams } from "react-router";
import { currentParams } from "./currentParams";

/**
 * The address's parameters, and how a page that keeps its state there replaces them. Nothing is
 * replaced once the reader has followed a link: that would call the navigation back.
 */
export function useAddress(): [URLSearchParams, (next: URLSearchParams) => void] {
  const [params, setParams] = useSearchParams();
  const { state } = useNavigation();
  const leaving = useRef(false);
  useEffect(() => {
    leaving.current = state !== "idle";
  }, [state]);
  const replace = useCallback(
    (next: URLSearchParams) => {
      if (leaving.current || next.toString() === currentParams().toString()) return;
      setParams(next, { replace: true, preventScrollReset: true });
    },
    [setParams],
  );
  return [params, replace];
}
