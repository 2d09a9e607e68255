import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection, type Signal } from "@/api/stream/connection";

/** Answers each request with a stream of this text that ends at once; records the headers. */
function serveStreams(text: string, lastsMs = 0): Headers[] {
  const asked: Headers[] = [];
  vi.stubGlobal("fetch", async (_url: string, { headers }: { headers: HeadersInit }) => {
    asked.push(new Headers(headers));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        setTimeout(() => controller.close(), lastsMs);
      },
    });
    return new Response(body);
  });
  return asked;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("does not come back at once to a stream that ends at once", async () => {
  const asked = serveStreams("id: 7\nevent: hello\ndata: {}\n\n");
  const connection = new Connection("/api/events", () => {});
  connection.start();
  await vi.advanceTimersByTimeAsync(5_000);
  connection.stop();
  // 0.5, 1, 2, 4 s: doubling.
  expect(asked.length).toBeGreaterThan(2);
  expect(asked.length).toBeLessThan(6);
});

it("begins after the event that the page was given with", async () => {
  const asked = serveStreams("id: 9\nevent: hello\ndata: {}\n\n", 60_000);
  const connection = new Connection("/api/events", () => {});
  connection.start("7");
  await vi.advanceTimersByTimeAsync(60_000);
  connection.stop();
  expect(asked.map((headers) => headers.get("Last-Event-ID"))).toEqual(["7", "9"]);
});

it("comes back at once to a stream that ended in its time, from the last event on", async () => {
  const asked = serveStreams("id: 7\nevent: run\ndata: {}\n\n", 60_000);
  const told: Signal[] = [];
  const connection = new Connection("/api/events", (signal) => told.push(signal));
  connection.start();
  await vi.advanceTimersByTimeAsync(60_000);
  connection.stop();
  expect(asked.map((headers) => headers.get("Last-Event-ID"))).toEqual([null, "7"]);
  expect(told).not.toContainEqual(expect.objectContaining({ connected: false }));
});
