import { expect, test } from "vitest";
import { readDecision } from "./setup-proposal.tsx";

test("who has decided about some commands is asked about others that take their place", () => {
  const decided = { variables: { hash: "a" }, isPending: false, isSuccess: true, error: null };
  expect(readDecision(decided, "a")).toEqual({ isDecided: true, error: null });
  expect(readDecision(decided, "b")).toEqual({ isDecided: false, error: null });
  const failed = { ...decided, isSuccess: false, error: "Not allowed" };
  expect(readDecision(failed, "a")).toEqual({ isDecided: false, error: "Not allowed" });
  expect(readDecision(failed, "b")).toEqual({ isDecided: false, error: null });
  const nothing = { ...decided, variables: undefined, isSuccess: false };
  expect(readDecision(nothing, "a")).toEqual({ isDecided: false, error: null });
});
