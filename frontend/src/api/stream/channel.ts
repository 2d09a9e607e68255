import type { Signal } from "./connection";

/** Names shared by the page and its SharedWorker. */
export const CHANNEL = "costline-events";
export const STREAM_URL = "/api/events";
/** `from`: the event after which a stream that is not open yet shall begin. */
export type Ask = "hurry" | { from: string };
/** A page that is left takes its worker along; dying, that one still speaks to the next page. */
export type Told = Signal & { worker: number };
