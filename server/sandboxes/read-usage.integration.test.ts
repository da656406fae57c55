import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProcessSandbox } from "./process-sandbox.ts";
import { readProcesses } from "./read-usage.ts";

test("processes of a home are told with what they use, and without their arguments", async () => {
  const homePath = await mkdtemp(join(tmpdir(), "millrace-usage-"));
  const child = await createProcessSandbox().spawn({
    command: "/bin/sh",
    args: ["-c", "sleep 60 & echo ready; while :; do :; done", "secret-4711"],
    cwd: homePath,
    homePath,
    environment: {},
  });
  await once(child.stdout, "data");
  await expect
    .poll(async () => (await readProcesses(homePath))[0]?.processorMs, { timeout: 20_000 })
    .toBeGreaterThan(20);
  const processes = await readProcesses(homePath);
  await child.stop({ graceMs: 0 });
  await rm(homePath, { recursive: true });
  expect(processes).toMatchObject([{ pid: child.pid, name: "sh" }, { name: "sleep" }]);
  expect(processes[0]?.memoryBytes).toBeGreaterThan(100_000);
  expect(JSON.stringify(processes)).not.toContain("secret-4711");
  expect(await readProcesses(homePath)).toEqual([]);
});
