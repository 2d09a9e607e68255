import { type SseMessage, SseParser } from "./sse";

/** What a connection tells: events, signs of life, and whether it is connected. */
export type Signal =
  | { kind: "event"; message: SseMessage }
  | { kind: "beat"; at: number }
  | { kind: "state"; connected: boolean; at: number };

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
/** A stream that ends sooner has failed, even when it was answered with success. */
const SHORTEST_STREAM_MS = 2_000;
/** The server sends a comment every 15 s; three missed ones mean a dead connection. */
const DEAD_AFTER_MS = 45_000;

/**
 * One connection to the event stream, for ever: it resumes after any break with Last-Event-ID, so
 * nothing is lost or doubled. `fetch` rather than EventSource: that one gives up for good on an
 * error answer, and cannot say that a silent connection is alive.
 */
export class Connection {
  private lastId = "";
  private stopped = false;
  private retry = FIRST_RETRY_MS;
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private readonly url: string;
  private readonly tell: (signal: Signal) => void;

  constructor(url: string, tell: (signal: Signal) => void) {
    this.url = url;
    this.tell = tell;
  }

  /** Begin after this event; without one, with what happens from now on. */
  start(from = ""): void {
    this.lastId = from;
    this.stopped = false;
    void this.read();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.abort?.abort();
  }

  /** Try at once instead of waiting for the next retry. */
  hurry(): void {
    if (this.timer === undefined || this.stopped) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    void this.read();
  }

  private async read(): Promise<void> {
    this.abort = new AbortController();
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (this.lastId) headers["Last-Event-ID"] = this.lastId;
      this.watch();
      const options = { headers, signal: this.abort.signal, cache: "no-store" as const };
      const answer = await fetch(this.url, options);
      if (!answer.ok || !answer.body) throw new Error(`event stream answered ${answer.status}`);
      const start = Date.now();
      this.tell({ kind: "state", connected: true, at: start });
      await this.follow(answer.body);
      if (Date.now() - start < SHORTEST_STREAM_MS) throw new Error("the event stream broke off");
      this.retry = FIRST_RETRY_MS;
      // The server ends streams after some minutes; that is no failure.
      if (!this.stopped) void this.read();
    } catch {
      this.later();
    }
  }

  private async follow(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = new SseParser(this.lastId);
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.watch();
      this.tell({ kind: "beat", at: Date.now() });
      for (const message of parser.feed(decoder.decode(value, { stream: true }))) {
        this.lastId = message.id;
        this.tell({ kind: "event", message });
      }
    }
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.abort?.abort(), DEAD_AFTER_MS);
  }

  private later(): void {
    clearTimeout(this.watchdog);
    if (this.stopped) return;
    this.tell({ kind: "state", connected: false, at: Date.now() });
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.read();
    }, this.retry);
    this.retry = Math.min(this.retry * 2, LONGEST_RETRY_MS);
  }
}
