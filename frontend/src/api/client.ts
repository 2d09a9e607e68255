import createClient from "openapi-fetch";
import { problemFrom, unreachable } from "./problem";
import type { paths } from "./schema";

/** The typed client. Every call goes through `unwrap`, which throws ApiProblem. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  // Looked up at each call, not once, so that a test can answer in the server's place.
  fetch: (request) => globalThis.fetch(request),
  // Repeated names: ?run=a&run=b is what the server reads.
  querySerializer: { array: { style: "form", explode: true } },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!answer.response.ok) throw problemFrom(answer.response.status, answer.error);
  return answer.data as T;
}
