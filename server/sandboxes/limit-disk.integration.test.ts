import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { log } from "#server/log.ts";
import { limitDisk } from "./limit-disk.ts";
import { measureFolder } from "./measure-folder.ts";
import { createProcessDriver } from "./process-driver.ts";
import type { SessionSandbox } from "./sandbox.ts";

const MEGABYTE = 1_000_000;

const FILL = 'n=0; while :; do n=$((n+1)); head -c 500000 /dev/zero > "file$n"; sleep 0.02; done';

let path: string;
let sandbox: SessionSandbox;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "millrace-disk-"));
});
afterEach(async () => {
  await sandbox.close();
  vi.unstubAllEnvs();
  await rm(path, { recursive: true, force: true });
});

async function start(script: string, slackBytes = 0) {
  const bare = await createProcessDriver().prepare({
    sessionId: "ses_1",
    generation: 1,
    writablePaths: [path],
    readablePaths: [],
    egress: { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [] },
    limits: { memoryBytes: 1, processCount: 1, processorCount: null, fileBytes: 1 },
    onRefused: () => {},
  });
  const pauseMs = { min: 10, max: 50 };
  sandbox = limitDisk(bare, { path, maxBytes: 4 * MEGABYTE, slackBytes, log, pauseMs });
  const homePath = join(path, "home");
  const request = { command: "/bin/sh", args: ["-c", script], cwd: path, homePath };
  return sandbox.spawn({ ...request, environment: {} });
}

test("what fills the disk is ended, and the reason is known", async () => {
  const child = await start(FILL);
  expect(await child.exited).toMatchObject({ code: null });
  expect(await sandbox.findTrouble?.()).toMatchObject({
    code: "too_large",
    message: expect.stringMatching(
      /^The session's files take [\d.]+ MB, more than the 4 MB they may: what ran was ended$/,
    ),
  });
});

test("a look that fails is made up for by the next", async () => {
  const tools = await mkdtemp(join(tmpdir(), "millrace-tools-"));
  const failing =
    '#!/bin/sh\nif mkdir "$0.seen" 2>/dev/null; then kill -9 $$; fi\nexec /usr/bin/du "$@"\n';
  await writeFile(join(tools, "du"), failing, { mode: 0o755 });
  vi.stubEnv("PATH", `${tools}:${process.env["PATH"]}`);
  const child = await start(FILL);
  expect(await child.exited).toMatchObject({ code: null });
  expect((await readdir(tools)).toSorted()).toEqual(["du", "du.seen"]);
  await rm(tools, { recursive: true });
});

test("a session that is far above the limit may add nothing, however often it begins again", async () => {
  await writeFile(join(path, "old"), Buffer.alloc(7 * MEGABYTE));
  const child = await start("while :; do sleep 0.02; done", MEGABYTE);
  expect(await child.exited).toMatchObject({ code: null });
});

test("a session that is above the limit already may run to clear up, not to add much", async () => {
  await writeFile(join(path, "old"), Buffer.alloc(4_500_000));
  const first = await start("head -c 500000 /dev/zero > more; rm old; echo done", MEGABYTE);
  expect(await first.exited).toMatchObject({ code: 0 });
  expect(await sandbox.findTrouble?.()).toBeNull();
  await sandbox.close();

  await writeFile(join(path, "old"), Buffer.alloc(4_500_000));
  const second = await start(FILL, MEGABYTE);
  expect(await second.exited).toMatchObject({ code: null });
});

test("a folder is measured with what is below it, and without what its links lead to", async () => {
  await mkdir(join(path, "below"));
  await writeFile(join(path, "below/file"), Buffer.alloc(MEGABYTE));
  sandbox = await createProcessDriver().prepare({} as never);
  const bytes = await measureFolder(path);
  expect(bytes).toBeGreaterThanOrEqual(MEGABYTE);
  expect(bytes).toBeLessThan(1.2 * MEGABYTE);
  expect(await measureFolder(join(path, "missing"))).toBe(0);
});
