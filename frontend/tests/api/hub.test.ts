import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Told } from "@/api/stream/channel";
import { StreamHub } from "@/api/stream/hub";

class FakeChannel {
  static opened: FakeChannel;
  onmessage: (event: { data: Told }) => void = () => {};
  constructor() {
    FakeChannel.opened = this;
  }
  close() {}
}

class FakeWorker {
  static started: FakeWorker;
  port = { onmessage: (_: { data: Told }) => {}, postMessage() {}, close() {} };
  constructor() {
    FakeWorker.started = this;
  }
}

const MINE = 1;
const DYING = 2;
const lost = { kind: "state", connected: false, at: 5 } as const;
const open = { kind: "state", connected: true, at: 5 } as const;
const event = { kind: "event", message: { event: "run", data: "{}", id: "7" } } as const;

beforeEach(() => {
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("SharedWorker", FakeWorker);
  vi.stubGlobal("document", { querySelector: () => null });
});
afterEach(() => vi.unstubAllGlobals());

function hubWith(listener = () => {}) {
  const hub = new StreamHub();
  hub.onEvent(listener);
  hub.open();
  const onPort = (data: Told) => FakeWorker.started.port.onmessage({ data });
  const onChannel = (data: Told) => FakeChannel.opened.onmessage({ data });
  return { hub, onPort, onChannel };
}

it("the worker of the page before, dying, does not make this page look disconnected", () => {
  const { hub, onPort, onChannel } = hubWith();
  onChannel({ ...open, worker: DYING });
  onChannel({ ...lost, worker: DYING });
  expect(hub.state.beat).toBeNull(); // nothing is known yet: connecting
  onPort({ ...open, worker: MINE });
  onChannel({ ...lost, worker: DYING });
  expect(hub.state.connected).toBe(true);
  onChannel({ ...lost, worker: MINE });
  expect(hub.state.connected).toBe(false);
});

it("events that are told before the worker has said who it is are heard, and each once", () => {
  const heard = vi.fn();
  const { onPort, onChannel } = hubWith(heard);
  onChannel({ ...event, worker: MINE });
  onPort({ ...open, worker: MINE });
  onChannel({ ...event, worker: DYING });
  expect(heard).toHaveBeenCalledTimes(1);
});

it("an answer from before the connection that arrives after it does not look like a loss", () => {
  const { hub, onPort, onChannel } = hubWith();
  const notYet = { kind: "state", connected: false, at: 4, worker: MINE } as const;
  onPort(notYet);
  onChannel({ ...open, worker: MINE });
  onPort(notYet);
  expect(hub.state.connected).toBe(true);
});
