import { hostname } from "node:os";
import { expect, test } from "vitest";
import { containerLabels, isOrphan } from "./orphans.ts";

const ours = containerLabels({
  sessionId: "ses_1",
  generation: 1,
  folder: "/data/ses_1",
  sandboxId: "one",
});
const of = (server: string) => ({ ...ours, "millrace.server": server });
/** No system gives a process such a number. */
const DEAD_PID = 2 ** 30;

test("what a server of this machine left that is gone is an orphan", () => {
  expect(isOrphan(of(`${hostname()} ${DEAD_PID} 1`), undefined)).toBe(true);
  // Its number was given to another process.
  expect(isOrphan(of(`${hostname()} ${process.pid} -1`), undefined)).toBe(true);
});

test("what is ours, of a host that we cannot look into, or of somebody else stays", () => {
  expect(isOrphan(ours, undefined)).toBe(false);
  expect(isOrphan(ours, "/data/ses_1")).toBe(false);
  expect(isOrphan(of("another-host 7 1"), undefined)).toBe(false);
  expect(isOrphan(of("another-host 7 1"), "/data/ses_2")).toBe(false);
  expect(isOrphan({ "com.example": "theirs" }, "/data/ses_1")).toBe(false);
});

test("nobody else works in a folder that is ours now", () => {
  expect(isOrphan(of("another-host 7 1"), "/data/ses_1")).toBe(true);
});
