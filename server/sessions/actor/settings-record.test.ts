import { expect, test } from "vitest";
import { followAgent } from "./settings-record.ts";

test("a choice follows an agent that changes by itself, unless it waits", () => {
  const option = (value: string) => [
    { id: "mode", name: "Mode", way: "mode" as const, category: "mode", value, choices: [] },
  ];
  const follow = (chosen: string, before: string, after: string) =>
    followAgent({ options: option(before), chosen: { mode: chosen } }, option(after));
  expect(follow("plan", "plan", "build")).toEqual({ mode: "build" });
  expect(follow("plan", "build", "ask")).toEqual({ mode: "plan" });
  expect(followAgent({ options: option("plan"), chosen: { mode: "plan" } }, [])).toEqual({
    mode: "plan",
  });
});
