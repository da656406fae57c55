import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { listNotices } from "./list-notices.ts";
import type { WorkerSandbox } from "./worker-sandboxes.ts";

const isolating: WorkerSandbox = { name: "bubblewrap", isIsolating: true, gaps: [] };
const memory = "memory is not limited";
const open: WorkerSandbox = {
  name: "process",
  isIsolating: false,
  gaps: ["files and networks are not kept from sessions", memory],
};

const list = async (hosts: [string, WorkerSandbox][], minFreeBytes = 0) => {
  const workers = hosts.map(([hostId, sandbox]) => ({ hostId, sandbox }));
  const place = { DATA_DIR: tmpdir(), MIN_FREE_DISK_BYTES: minFreeBytes };
  return (await listNotices({ ...place, hostId: "here", workers })).map(({ message }) => message);
};
const unsafe = expect.stringContaining("without a sandbox");

test("nothing is said of workers that enforce everything", async () => {
  expect(await list([["here", isolating]])).toEqual([]);
});

test("what one worker does not enforce is said, with whose machine it is", async () => {
  expect(await list([["here", open]])).toEqual([unsafe, `On this machine ${memory}.`]);
  const mixed: [string, WorkerSandbox][] = [
    ["here", isolating],
    ["there", { ...isolating, gaps: [memory] }],
  ];
  expect(await list(mixed)).toEqual([`On one of the machines that run sessions ${memory}.`]);
});

test("without a worker, and with a full disk, a warning comes first", async () => {
  expect(await list([])).toEqual(["No worker runs now: sessions wait until one is started."]);
  const [first] = await list([["here", open]], Number.MAX_SAFE_INTEGER);
  expect(first).toMatch(/^The disk is nearly full/);
});
