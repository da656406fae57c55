import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { findProcess } from "#server/sandboxes/process-table.ts";
import { findOsProcessState, readOwnOsProcess, type OsProcess } from "./os-process.ts";

const own = readOwnOsProcess();
const like = (changes: Partial<OsProcess>): OsProcess => ({
  processTable: own?.processTable ?? "",
  pid: process.pid,
  startTicks: own?.startTicks ?? 0,
  ...changes,
});

test.runIf(own)("this process runs", () => {
  expect(own?.pid).toBe(process.pid);
  expect(findOsProcessState(like({}), own)).toBe("running");
});

test.runIf(own)("a process whose number another one has now is gone", () => {
  expect(findOsProcessState(like({ startTicks: 1 }), own)).toBe("gone");
});

test.runIf(own)("a process is gone once it was killed", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const asStarted = like({ pid, startTicks: findProcess(pid)?.startTicks ?? 0 });
  expect(findOsProcessState(asStarted, own)).toBe("running");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(findOsProcessState(asStarted, own)).toBe("gone");
});

test("nothing is known of processes in another table, or where there is no table", () => {
  const elsewhere = like({ processTable: "another boot", startTicks: 1 });
  expect(findOsProcessState(elsewhere, own)).toBe("unknown");
  expect(findOsProcessState(elsewhere, null)).toBe("unknown");
});
