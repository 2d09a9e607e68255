import { expect, it } from "vitest";
import { liveness } from "@/app/liveness";

it("is live while signs of life come", () => {
  expect(liveness({ connected: true, beat: 1000, lostAt: null }, 16_000).words).toBe("live");
});
it("is stale for as long as nothing came", () => {
  const state = { connected: true, beat: 0, lostAt: null };
  expect(liveness(state, 32_000).words).toBe("stale for 32 s");
});
it("is disconnected when the connection is lost, connecting before the first", () => {
  expect(liveness({ connected: false, beat: 1, lostAt: 5 }, 10).kind).toBe("disconnected");
  expect(liveness({ connected: false, beat: null, lostAt: null }, 10).kind).toBe("connecting");
});
