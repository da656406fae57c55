import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ConnectionStore, type ConnectionState } from "./connection-state.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const at = (minute: number) => new Date(2026, 10, 20, 12, minute);

function follow(
  ...steps: readonly (readonly [minute: number, status: ConnectionState["status"]])[]
) {
  const store = new ConnectionStore();
  for (const [minute, status] of steps) {
    vi.setSystemTime(at(minute));
    store.set({ status });
  }
  return store.get().since;
}

it("is offline since the first moment of an outage, whatever was tried in between", () => {
  const outage = [
    [21, "offline"],
    [22, "catching-up"],
    [23, "offline"],
    [24, "connecting"],
    [25, "offline"],
  ] as const;
  expect(follow([20, "live"], ...outage)).toEqual(at(21));
});

it("counts another outage on its own once the page was live", () => {
  expect(follow([21, "offline"], [22, "catching-up"], [22, "live"], [30, "offline"])).toEqual(
    at(30),
  );
});
