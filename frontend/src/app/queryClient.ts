import { QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "@/api/keys";
import { ApiProblem } from "@/api/problem";

export const client: QueryClient = new QueryClient({
  // A token that is no longer good: the session is asked anew, and the form for it appears.
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiProblem && error.status === 401)
        void client.invalidateQueries({ queryKey: keys.session });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The event stream says what changed; a refused request will be refused again.
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
    },
  },
});
