/** Names shared by the page and its SharedWorker. */
export const CHANNEL = "costline-events";
export const STREAM_URL = "/api/events";
export type Ask = "state" | "hurry";
