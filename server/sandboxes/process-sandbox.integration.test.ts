import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProcess } from "./process-table.ts";
import { createProcessSandbox } from "./process-sandbox.ts";
import { killProcessesOfHome, killStrayProcess } from "./kill-stray-process.ts";

const sandbox = createProcessSandbox();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-sandbox-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const spawnShell = (script: string, environment: Record<string, string> = {}) =>
  sandbox.spawn({
    command: "/bin/sh",
    args: ["-c", script],
    cwd: folder,
    environment,
    homePath: join(folder, "home"),
  });

const isRunning = (pid: number) => findProcess(pid)?.isRunning === true;

/** The pids that a script wrote to its output, one per line, as soon as there are `count`. */
async function readPids(stdout: Readable, count: number): Promise<number[]> {
  let seen = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    seen += chunk.toString();
    const lines = seen.split("\n").slice(0, -1);
    if (lines.length >= count) return lines.map(Number);
  }
  throw new Error(`The child ended after ${seen}`);
}

describe("environment", () => {
  test("holds allowed names, the private home and what was asked for, and nothing else", async () => {
    process.env["MILLRACE_TEST_SECRET"] = "hush";
    process.env["LC_TIME"] = "C";
    const child = await spawnShell("env", { GREETING: "hello", HOME: "/root" });
    const names = (await text(child.stdout)).trim().split("\n");
    delete process.env["MILLRACE_TEST_SECRET"];
    delete process.env["LC_TIME"];

    const allowed =
      /^(?:PATH|LANG|LC_\w+|TZ|TERM|HOME|XDG_\w+|GREETING|MILLRACE_PROCESS|PWD|OLDPWD|SHLVL|_)=/;
    expect(names.filter((line) => !allowed.test(line))).toEqual([]);
    expect(names).toContain("GREETING=hello");
    expect(names).toContain("TERM=dumb");
    expect(names).toContain("LC_TIME=C");
    expect(names).toContain(`HOME=${join(folder, "home")}`);
    expect(names).toContain(`XDG_DATA_HOME=${join(folder, "home/.local/share")}`);
  });
});

describe("a child", () => {
  test("tells how it ended, and its start time identifies it", async () => {
    const child = await spawnShell("cat; exit 3");
    expect(child.startTicks).toBe(findProcess(child.pid)?.startTicks);
    child.stdin.end();
    child.stdout.resume();
    child.stderr.resume();
    expect(await child.exited).toEqual({ code: 3, signal: null });
  });

  test("that stops reading does not take us along", async () => {
    const child = await spawnShell("exec 0<&-; exec sleep 60");
    const failure = await new Promise((resolve) => {
      const write = () =>
        child.stdin.write("x".repeat(65_536), (error) => (error ? resolve(error) : write()));
      write();
    });
    expect(failure).toMatchObject({ code: "EPIPE" });
    await child.stop({ graceMs: 0 });
  });

  test("that ended leaves no open streams when something it started lives on", async () => {
    const child = await spawnShell("sleep 60 & echo $!");
    const [pid = 0] = await readPids(child.stdout, 1);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(isRunning(pid)).toBe(true);
    await child.stop({ graceMs: 0 });
    expect(isRunning(pid)).toBe(false);
  });

  test("that cannot be started is an error naming the command", async () => {
    const request = { args: [], cwd: folder, environment: {}, homePath: join(folder, "home") };
    await expect(sandbox.spawn({ ...request, command: "/no/such-program" })).rejects.toMatchObject({
      code: "unavailable",
      message: "Could not start such-program: it is not installed",
    });
    await expect(
      sandbox.spawn({ ...request, command: "sh", cwd: join(folder, "missing") }),
    ).rejects.toMatchObject({ code: "unavailable", message: "sh has no folder to run in" });
    await expect(
      sandbox.spawn({ ...request, command: "sh", args: ["-c", "a\0b"] }),
    ).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("stop", () => {
  test("asks first, so that a child may end in order", async () => {
    const child = await spawnShell(
      `trap 'echo ended > ${folder}/orderly; exit 0' TERM; echo $$; while :; do sleep 0.01; done`,
    );
    await readPids(child.stdout, 1);
    await child.stop({ graceMs: 10_000 });
    expect(await readFile(join(folder, "orderly"), "utf8")).toBe("ended\n");
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test("returns only when a grandchild that ignores SIGTERM is gone", async () => {
    const child = await spawnShell(
      `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait`,
    );
    const [grandchild = 0] = await readPids(child.stdout, 1);
    await child.stop({ graceMs: 100 });
    expect(isRunning(grandchild)).toBe(false);
    expect(isRunning(child.pid)).toBe(false);
  });

  test("reaches a grandchild whose parent ended long ago", async () => {
    const child = await spawnShell("(sleep 60 & echo $!) ; echo 0");
    const [grandchild = 0] = await readPids(child.stdout, 2);
    await child.exited;
    await child.stop({ graceMs: 1_000 });
    expect(isRunning(grandchild)).toBe(false);
  });

  test("reaches a grandchild that made a process group of its own", async () => {
    const child = await spawnShell("setsid sh -c 'echo $$; exec sleep 60' & wait");
    const [grandchild = 0] = await readPids(child.stdout, 1);
    expect(findProcess(grandchild)?.groupId).not.toBe(child.pid);
    await child.stop({ graceMs: 1_000 });
    expect(isRunning(grandchild)).toBe(false);
  });

  test("returns when the child ended before, also when asked twice and nobody reads", async () => {
    const child = await spawnShell("echo unread");
    await Promise.all([child.stop(), child.stop()]);
    await child.stop();
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });
});

describe("killStrayProcess", () => {
  test("ends the group and everything marked when pid and start time match", async () => {
    const child = await spawnShell("setsid sleep 60 & echo $!; sleep 60 & echo $!; wait");
    const pids = await readPids(child.stdout, 2);
    const { pid, startTicks } = child;
    expect(startTicks).not.toBeNull();
    expect(await killStrayProcess({ pid, startTicks: startTicks ?? 0, graceMs: 100 })).toBe(true);
    expect([pid, ...pids].filter(isRunning)).toEqual([]);
    await child.exited;
    expect(await killStrayProcess({ pid, startTicks: startTicks ?? 0, graceMs: 100 })).toBe(false);
  });

  test("leaves a process alone whose pid was used again", async () => {
    const child = await spawnShell("exec sleep 60");
    const { pid, startTicks } = child;
    expect(await killStrayProcess({ pid, startTicks: (startTicks ?? 0) - 1, graceMs: 0 })).toBe(
      false,
    );
    expect(isRunning(pid)).toBe(true);
    await child.stop({ graceMs: 0 });
  });
});

describe("killProcessesOfHome", () => {
  test("ends what was started with that home and nothing else", async () => {
    const child = await spawnShell("setsid sleep 60 & echo $!; echo 0");
    const [grandchild = 0] = await readPids(child.stdout, 2);
    const other = await sandbox.spawn({
      command: "sleep",
      args: ["60"],
      cwd: folder,
      environment: {},
      homePath: join(folder, "home-2"),
    });
    await killProcessesOfHome(join(folder, "home"), 100);
    expect(isRunning(grandchild)).toBe(false);
    expect(isRunning(other.pid)).toBe(true);
    await other.stop({ graceMs: 0 });
  });
});
