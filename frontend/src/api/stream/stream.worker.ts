/**
 * The SharedWorker: one connection to the server for all tabs, told to them by a BroadcastChannel.
 * (Browsers allow six connections to a host; ten tabs with one each would block everything.)
 */
import { type Ask, CHANNEL, STREAM_URL, type Told } from "./channel";
import { Connection, type Signal } from "./connection";

interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const channel = new BroadcastChannel(CHANNEL);
const worker = Math.random();
let state: Signal = { kind: "state", connected: false, at: Date.now() };
const connection = new Connection(new URL(STREAM_URL, location.origin).href, (signal) => {
  if (signal.kind === "state") state = signal;
  channel.postMessage({ ...signal, worker } satisfies Told);
});
let started = false;

(globalThis as unknown as SharedWorkerScope).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<Ask>) => {
    if (data === "hurry") connection.hurry();
    if (typeof data === "object" && !started) {
      connection.start(data.from);
      started = true;
    }
    port.postMessage({ ...state, worker } satisfies Told);
  };
  port.postMessage({ ...state, worker } satisfies Told);
};
