import type { FieldProblem } from "./types";

/** An answer other than success: RFC 9457 problem details, or a server that cannot be reached. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly errors: FieldProblem[];

  constructor(status: number, title: string, detail: string, errors: FieldProblem[] = []) {
    super(detail || title);
    this.name = "ApiProblem";
    this.status = status;
    this.title = title;
    this.errors = errors;
  }

  /** Status 0: nothing answered. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 504;
  }

  get notFound(): boolean {
    return this.status === 404;
  }
}

/** Reads whatever an error body holds; a body that is not a problem still gives a message. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const plain = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const title = typeof plain.title === "string" ? plain.title : `The server answered ${status}`;
  const detail = typeof plain.detail === "string" ? plain.detail : "";
  const errors = Array.isArray(plain.errors) ? (plain.errors as FieldProblem[]) : [];
  return new ApiProblem(status, title, detail, errors);
}

export function unreachable(): ApiProblem {
  return new ApiProblem(0, "No answer", "The Costline server does not answer.");
}

/** What to tell a person about any error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
