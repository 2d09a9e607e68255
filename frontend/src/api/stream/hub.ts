import { type Ask, CHANNEL, STREAM_URL, type Told } from "./channel";
import { Connection, type Signal } from "./connection";
import type { SseMessage } from "./sse";

export interface StreamState {
  connected: boolean;
  /** Time of the last heartbeat, in ms; null before the first. */
  beat: number | null;
  /** When the connection was lost, in ms; null while connected. */
  lostAt: number | null;
}

/** The newest event when the server gave this page: whatever the page asks for is no older. */
function newestEvent(): string {
  const mark = document.querySelector<HTMLMetaElement>('meta[name="costline-newest-event"]');
  return mark?.content ?? "";
}

type Listener = (message: SseMessage) => void;

/** The page's end of the event stream: a SharedWorker where there is one, else its own line. */
export class StreamHub {
  state: StreamState = { connected: false, beat: null, lostAt: null };
  /** When the newest of what is known of the connection was so, in ms. */
  private known = 0;
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private ask: (ask: Ask) => void = () => {};
  private close: () => void = () => {};

  onEvent(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onState = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  open(): void {
    this.close();
    if (typeof SharedWorker === "undefined" || typeof BroadcastChannel === "undefined") {
      this.openOwn();
      return;
    }
    const channel = new BroadcastChannel(CHANNEL);
    let mine: number | null = null;
    channel.onmessage = ({ data }: MessageEvent<Told>) => {
      // Events are true whoever tells them; a worker that is not known to be mine is not alive.
      if (data.worker === mine || (mine === null && data.kind === "event")) this.receive(data);
    };
    const worker = new SharedWorker(new URL("./stream.worker.ts", import.meta.url), {
      type: "module",
      name: "costline",
    });
    worker.port.onmessage = ({ data }: MessageEvent<Told>) => {
      mine = data.worker;
      this.receive(data);
    };
    worker.onerror = () => {
      channel.close();
      this.openOwn();
    };
    this.ask = (ask) => worker.port.postMessage(ask);
    this.ask({ from: newestEvent() });
    this.close = () => {
      channel.close();
      worker.port.close();
    };
  }

  hurry(): void {
    this.ask("hurry");
  }

  shut(): void {
    this.close();
    this.close = () => {};
  }

  private openOwn(): void {
    const connection = new Connection(STREAM_URL, (signal) => this.receive(signal));
    this.ask = () => connection.hurry();
    this.close = () => connection.stop();
    connection.start(newestEvent());
  }

  private receive(signal: Signal): void {
    if (signal.kind === "event") {
      for (const listener of this.listeners) listener(signal.message);
      return;
    }
    // Port and channel are two ways: what the worker answered before it was connected may arrive
    // after the word that it is.
    if (signal.at < this.known) return;
    this.known = signal.at;
    if (signal.kind === "beat") {
      this.state = { connected: true, beat: signal.at, lostAt: null };
    } else {
      const lostAt = signal.connected ? null : (this.state.lostAt ?? signal.at);
      const beat = signal.connected ? Date.now() : this.state.beat;
      this.state = { connected: signal.connected, beat, lostAt };
    }
    for (const watcher of this.watchers) watcher();
  }
}

export const hub = new StreamHub();
