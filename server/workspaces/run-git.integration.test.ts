import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listProcesses } from "#server/sandboxes/process-table.ts";
import { findByHome } from "#server/sandboxes/stop-processes.ts";
import type { GitRemote } from "./git-environment.ts";
import { runGit } from "./run-git.ts";
import { startTestHost, type TestHost } from "./testing/test-repository.ts";

let host: TestHost;
let homePath: string;

beforeEach(async () => {
  host = await startTestHost();
  homePath = join(host.folder, "home");
  await mkdir(homePath);
});
afterEach(() => host.close());

const remote = (url = host.repository.url): GitRemote => ({
  kind: "http",
  url,
  pinnedAddresses: [],
});

const git = (args: string[], more: { remote?: GitRemote; timeoutMs?: number } = {}) =>
  runGit({ ...host.context, ...more, args, cwd: host.folder, homePath });

const listRemote = (url: string, more: { remote?: GitRemote; timeoutMs?: number } = {}) =>
  git(["ls-remote", "--", url], { remote: remote(), ...more });

describe("configuration", () => {
  test("is ours alone: no hooks, no monitor, no helpers, no collecting of garbage", async () => {
    const list = await git(["config", "--list", "--show-scope"]);
    const scopes = new Set(list.split("\n").map((line) => line.split("\t")[0]));
    expect(scopes).toEqual(new Set(["command", ""]));
    expect(list).toContain("core.hookspath=/dev/null");
    expect(list).toContain("core.fsmonitor=false");
    expect(list).toContain("gc.auto=0");
    expect(list).toContain("http.followredirects=false");
  });
});

describe("protocols", () => {
  test("without a remote git talks to nobody", async () => {
    await expect(
      runGit({
        ...host.context,
        cwd: host.folder,
        homePath,
        args: ["ls-remote", "--", host.repository.url],
      }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining("transport 'http' not allowed") },
    });
    expect(host.server.requests).toEqual([]);
  });

  test.each(["ext::sh -c 'touch canary'", "file:///etc", "/etc", "ssh://example.invalid/a"])(
    "with a remote over http it does not use %s",
    async (url) => {
      await expect(listRemote(url)).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/transport '\w+' not allowed/) },
      });
    },
  );

  test("a folder that belongs to somebody else can be read when it was named", async () => {
    await host.origin.commit({ "a.txt": "a" });
    const path = { kind: "path" as const, url: host.origin.path, pinnedAddresses: [] };
    expect(await listRemote(path.url, { remote: path })).toContain("refs/heads/main");
  });
});

describe("failures", () => {
  test.each([
    ["a repository that is not there", "/missing.git", "not_found"],
    ["a closed port", "http://127.0.0.1:9/a.git", "network"],
    ["a name that leads nowhere", "http://host.invalid/a.git", "network"],
  ])("%s", async (_name, address, reason) => {
    const url = new URL(address, host.server.url).href;
    await expect(listRemote(url)).rejects.toMatchObject({ details: { reason } });
  });

  test.each([
    [401, "not_found"],
    [403, "authentication"],
    [404, "not_found"],
    [429, "rate_limited"],
    [500, "network"],
    [503, "network"],
  ])("status %i is told as %s", async (status, reason) => {
    host.server.failWith(status);
    await expect(listRemote(host.repository.url)).rejects.toMatchObject({ details: { reason } });
  });

  test("a redirect is not followed", async () => {
    host.server.redirect("/old", `${host.server.url}/app`);
    await expect(listRemote(`${host.server.url}/old/.git`)).rejects.toMatchObject({
      details: { reason: "redirected" },
    });
    expect(host.server.requests).toHaveLength(1);
  });

  test("a credential in the address shows up neither in the message nor in the cause", async () => {
    const url = host.repository.url.replace("http://", "http://me:hunter2@");
    const error = await listRemote(url).catch((caught: unknown) => caught as Error);
    expect(error).toBeInstanceOf(Error);
    const { message, cause } = error as Error;
    expect(`${message} ${String(cause)} ${host.output()}`).not.toContain("hunter2");
  });

  test("a missing folder is told at once", async () => {
    await rm(homePath, { recursive: true });
    await expect(
      runGit({ ...host.context, args: ["status"], cwd: join(host.folder, "none"), homePath }),
    ).rejects.toMatchObject({ message: "git has no folder to run in" });
  });
});

describe("a server that never answers", () => {
  test("ends with the time-out, and no process stays", async () => {
    host.server.hold();
    await expect(listRemote(host.repository.url, { timeoutMs: 300 })).rejects.toMatchObject({
      code: "unavailable",
      details: { reason: "timeout" },
    });
    expect(await findByHome(homePath)()).toEqual([]);
  });

  test("ends with the signal's reason, and no process stays", async () => {
    host.server.hold();
    const controller = new AbortController();
    const working = runGit({
      ...host.context,
      signal: controller.signal,
      args: ["ls-remote", "--", host.repository.url],
      cwd: host.folder,
      homePath,
      remote: remote(),
    });
    await expect.poll(() => host.server.requests.length, { interval: 5 }).toBe(1);
    expect((await listProcesses()).length).toBeGreaterThan(0);
    expect((await findByHome(homePath)()).length).toBeGreaterThan(0);
    controller.abort(new Error("stopped by somebody"));
    await expect(working).rejects.toThrow("stopped by somebody");
    expect(await findByHome(homePath)()).toEqual([]);
  });

  test("is not even asked when the signal has fired before", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(
      runGit({ ...host.context, signal, args: ["version"], cwd: host.folder, homePath }),
    ).rejects.toThrow("too late");
  });
});
