import { expect, test } from "vitest";
import { readOwnOsProcess } from "#server/database/os-process.ts";
import { containerLabels, isOrphan } from "./orphans.ts";

const ours = containerLabels({
  sessionId: "ses_1",
  generation: 1,
  folder: "/data/ses_1",
  sandboxId: "one",
});
const of = (server: object) => ({
  ...ours,
  "millrace.server": JSON.stringify({ ...readOwnOsProcess(), ...server }),
});
const elsewhere = of({ processTable: "another table", pid: 7, startTicks: 1 });
/** No system gives a process such a number. */
const DEAD_PID = 2 ** 30;

test("what a server of this machine left that is gone is an orphan", () => {
  expect(isOrphan(of({ pid: DEAD_PID, startTicks: 1 }), undefined)).toBe(true);
  // Its number was given to another process.
  expect(isOrphan(of({ startTicks: -1 }), undefined)).toBe(true);
});

test("what is ours, of a system that we cannot look into, or of somebody else stays", () => {
  expect(isOrphan(ours, undefined)).toBe(false);
  expect(isOrphan(ours, "/data/ses_1")).toBe(false);
  expect(isOrphan(elsewhere, undefined)).toBe(false);
  expect(isOrphan(elsewhere, "/data/ses_2")).toBe(false);
  expect(isOrphan({ "com.example": "theirs" }, "/data/ses_1")).toBe(false);
});

test("nobody else works in a folder that is ours now", () => {
  expect(isOrphan(elsewhere, "/data/ses_1")).toBe(true);
});
