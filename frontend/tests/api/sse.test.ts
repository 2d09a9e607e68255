import { describe, expect, it } from "vitest";
import { SseParser } from "@/api/stream/sse";

const STREAM = ': ping\n\nid: 7\nevent: metrics\ndata: {"a":\ndata: 1}\n\nid: 8\r\ndata: x\r\n\r\n';

describe("the event stream's parser", () => {
  it("reads events, joins data lines, and ignores comments", () => {
    expect(new SseParser().feed(STREAM)).toEqual([
      { event: "metrics", data: '{"a":\n1}', id: "7" },
      { event: "message", data: "x", id: "8" },
    ]);
  });

  it("gives the same events however the bytes are cut", () => {
    const whole = new SseParser().feed(STREAM);
    for (let cut = 1; cut < STREAM.length; cut += 1) {
      const parser = new SseParser();
      const events = [...parser.feed(STREAM.slice(0, cut)), ...parser.feed(STREAM.slice(cut))];
      expect(events, `cut at ${cut}`).toEqual(whole);
    }
  });

  it("keeps the last id for events that have none", () => {
    const [event] = new SseParser("41").feed("data: y\n\n");
    expect(event?.id).toBe("41");
  });
});
