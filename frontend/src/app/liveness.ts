import type { StreamState } from "@/api/stream/hub";
import { duration } from "@/lib/format";

export interface Liveness {
  kind: "live" | "stale" | "connecting" | "disconnected";
  words: string;
  help: string;
}

/** The server sends a heartbeat at least every 15 s. */
const STALE_AFTER_MS = 20_000;
/** A busy machine may need so long until the first stream is open. */
const PATIENCE_MS = 10_000;

export function liveness(state: StreamState, now: number): Liveness {
  if (state.connected) {
    const silence = now - (state.beat ?? now);
    if (silence <= STALE_AFTER_MS)
      return { kind: "live", words: "live", help: "New points appear by themselves." };
    const words = `stale for ${duration(Math.round(silence / 1000))}`;
    return { kind: "stale", words, help: "Connected, but nothing has come from the server." };
  }
  if (state.beat === null && (state.lostAt === null || now - state.lostAt < PATIENCE_MS))
    return { kind: "connecting", words: "connecting", help: "Opening the event stream." };
  return {
    kind: "disconnected",
    words: "disconnected",
    help: "The event stream is cut; it resumes without a gap when the server is back.",
  };
}
