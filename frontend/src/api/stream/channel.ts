/** Names shared by the page and its SharedWorker. */
export const CHANNEL = "costline-events";
export const STREAM_URL = "/api/events";
/** `from`: the event after which a stream that is not open yet shall begin. */
export type Ask = "state" | "hurry" | { from: string };
