import { useCallback, useContext } from "react";
import { UNSAFE_DataRouterContext as RouterContext, useSearchParams } from "react-router";
import { currentParams } from "./currentParams";

/**
 * The address's parameters, and how a page that keeps its state there replaces them. Nothing is
 * replaced once the reader has followed a link: that would call the navigation back.
 */
export function useAddress(): [URLSearchParams, (next: URLSearchParams) => void] {
  const [params, setParams] = useSearchParams();
  // useNavigation() is that of the last drawing; a link may have been followed since.
  const router = useContext(RouterContext)?.router;
  const replace = useCallback(
    (next: URLSearchParams) => {
      const leaving = router && router.state.navigation.state !== "idle";
      if (leaving || next.toString() === currentParams().toString()) return;
      setParams(next, { replace: true, preventScrollReset: true });
    },
    [router, setParams],
  );
  return [params, replace];
}
