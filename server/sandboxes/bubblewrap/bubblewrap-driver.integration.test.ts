import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import type { SandboxedProcess, SessionSandbox, SessionSandboxOptions } from "../sandbox.ts";
import { findByHome } from "../stop-processes.ts";
import { createBubblewrapDriver } from "./bubblewrap-driver.ts";
import { findBubblewrap } from "./find-bubblewrap.ts";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const trouble = await findBubblewrap(path);
const driver = createBubblewrapDriver({ path });
const refused: string[] = [];
const limits = {
  memoryBytes: 512 * 1024 ** 2,
  processCount: 64,
  processorCount: null,
  fileBytes: 1024 ** 3,
};
let folder: string;
let target: Server;
let targetPort: number;
let sandbox: SessionSandbox | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-bubblewrap-"));
  for (const name of ["session/home", "other-session", "mirror"])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, "other-session/secret"), "of somebody else");
  await writeFile(join(folder, "mirror/pack"), "history\n");
  target = createServer((_, answer) => answer.end("reached")).listen(0, "127.0.0.1");
  await once(target, "listening");
  targetPort = (target.address() as AddressInfo).port;
});
afterAll(async () => {
  target.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await sandbox?.close();
  sandbox = null;
  refused.length = 0;
});

const at = (name: string) => join(folder, name);

interface StartOptions extends Partial<SessionSandboxOptions> {
  environment?: Record<string, string>;
}

async function start(script: string, { environment, ...options }: StartOptions = {}) {
  sandbox ??= await driver.prepare({
    sessionId: "ses_1",
    generation: 1,
    writablePaths: [at("session")],
    readablePaths: [at("mirror")],
    egress: { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [] },
    limits,
    onRefused: (name) => refused.push(name),
    ...options,
  });
  return sandbox.spawn({
    command: "/bin/sh",
    args: ["-c", script],
    cwd: at("session"),
    homePath: at("session/home"),
    environment: { GREETING: "hello", ...environment },
  });
}

/** What it wrote, both outputs together, and its exit code. */
async function finish(child: SandboxedProcess) {
  child.stdin.end();
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const { code } = await child.exited;
  return { code, out: out.trim(), all: out + complaints };
}

const run = async (...args: Parameters<typeof start>) => finish(await start(...args));

describe.skipIf(trouble !== null)("inside", () => {
  test("are the workspace to write, the mirror to read, and the system's programs", async () => {
    const script = `echo made > file; cat ${at("mirror/pack")}; git --version`;
    expect((await run(script)).out).toMatch(/^history\ngit version/);
    expect(await readFile(at("session/file"), "utf8")).toBe("made\n");
  });

  test("input, output and exit code are the command's", async () => {
    const child = await start("cat; exit 3");
    child.stdin.write("what was said");
    expect(await finish(child)).toMatchObject({ code: 3, out: "what was said" });
  });

  test("the environment holds what was asked for and no secret of ours, also not in process lists", async () => {
    process.env["MILLRACE_TEST_SECRET"] = "canary-4711";
    const { out } = await run("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'");
    delete process.env["MILLRACE_TEST_SECRET"];
    expect(out).toContain("GREETING=hello");
    expect(out).not.toContain("canary-4711");
  });

  test("what a session says of its environment holds for its command alone", async () => {
    const planted = at("session/planted");
    await mkdir(planted, { recursive: true });
    for (const name of ["setpriv", "socat", "cat", "sleep"])
      await writeFile(join(planted, name), `#!/bin/sh\nid > ${at("session/ran")}-${name}\n`, {
        mode: 0o755,
      });
    const child = await start("env | grep -c '^LD_PRELOAD='; echo $QUOTED; command -v setpriv", {
      environment: {
        LD_PRELOAD: join(planted, "missing.so"),
        PATH: `${planted}:/usr/bin:/bin`,
        QUOTED: `it's "$(id)" \\ \`id\``,
      },
    });
    const { out, all } = await finish(child);
    expect(out).toBe(`1\nit's "$(id)" \\ \`id\`\n${planted}/setpriv`);
    expect(all).toContain("missing.so");
    expect((await readdir(at("session"))).filter((name) => name.startsWith("ran-"))).toEqual([]);
  });

  test.each([
    ["another session's files", () => `cat ${at("other-session/secret")}`],
    ["accounts of the machine", () => "cat /etc/shadow"],
    ["the server's own environment", () => `cat /proc/${process.pid}/environ`],
    ["folders above the workspace", () => `ls ${folder} | grep other-session`],
    ["the mirror, to write", () => `touch ${at("mirror/planted")}`],
    ["the system, to write", () => "touch /usr/bin/planted"],
    ["devices", () => "mknod disk b 8 0"],
    ["mounts", () => "mount -t tmpfs none /mnt"],
    ["signals to processes outside", () => `kill -0 ${process.pid}`],
    ["another identity", () => "su -c id"],
    ["kernel settings", () => "echo 0 > /proc/sys/kernel/randomize_va_space"],
    ["a link that leads out", () => `ln -s ${at("other-session/secret")} way-out; cat way-out`],
  ])("%s cannot be reached", async (_, makeScript) => {
    const { code, all } = await run(makeScript());
    expect(code, all).not.toBe(0);
    expect(all).not.toContain("of somebody else");
  });

  test.each([
    ["loopback", () => `127.0.0.1:${targetPort}`],
    ["cloud metadata", () => "169.254.169.254:80"],
  ])("%s is not reached, directly or through the proxy", async (_, address) => {
    const direct = `curl -s --noproxy '*' --max-time 2 http://${address()}/`;
    const proxied = `curl -s --noproxy '' --max-time 2`;
    const { out } = await run(
      `${direct}; ${proxied} http://${address()}/; ${proxied} -p http://${address()}/`,
    );
    expect(out).not.toContain("reached");
    expect(refused).toEqual([address(), address()]);
  });

  test("sockets of the machine, such as a database's, are not there", async () => {
    const socketPath = at("other-session/.s.PGSQL.5432");
    const database = createServer((_, answer) => answer.end("reached")).listen(socketPath);
    await once(database, "listening");
    const { code, all } = await run(`curl -s --unix-socket ${socketPath} http://database/`);
    database.close();
    expect(code).not.toBe(0);
    expect(all).not.toContain("reached");
  });

  test("an allowed port of the machine is reached by ordinary programs under its name", async () => {
    const host = `${SANDBOX_HOST}:${targetPort}`;
    const egress = { allowedHosts: [], allowedPrivateHosts: [host], ownRoutes: [] };
    expect((await run(`curl -s http://${host}/`, { egress })).out).toBe("reached");
  });
});

describe.skipIf(trouble !== null)("limits", () => {
  test("a fork bomb stays small and goes with its session", async (context) => {
    const child = await start("bomb() { bomb & bomb & sleep 60; }; bomb", {
      limits: { ...limits, processCount: 40 },
    });
    if (sandbox!.gaps.length > 0) context.skip(sandbox!.gaps.join(", "));
    const ours = findByHome(at("session/home"));
    await expect.poll(async () => (await ours()).length).toBeGreaterThan(20);
    expect((await ours()).length).toBeLessThanOrEqual(40);
    await child.stop({ graceMs: 0 });
    expect(await ours()).toEqual([]);
  });

  test("what takes too much memory is ended", async (context) => {
    const child = await start("tail /dev/zero", {
      limits: { ...limits, memoryBytes: 64 * 1024 ** 2 },
    });
    if (sandbox!.gaps.length > 0) context.skip(sandbox!.gaps.join(", "));
    expect(await sandbox!.findTrouble?.()).toBeNull();
    expect((await finish(child)).code).not.toBe(0);
    expect(await sandbox!.findTrouble?.()).toMatchObject({
      message: "What the session ran needed more memory than the 67.1 MB it may use, and was ended",
    });
  });

  test("the folder in memory is bounded", async () => {
    const { all } = await run("head -c 600000000 /dev/zero > /tmp/much; ls -l /tmp/much", {
      limits: { ...limits, memoryBytes: 1024 ** 3 },
    });
    expect(all).toContain("No space left");
  });

  test("a file grows no larger than all files together may", async () => {
    const { code } = await run("head -c 600000 /dev/zero > large", {
      limits: { ...limits, fileBytes: 400_000 },
    });
    expect(code).not.toBe(0);
    expect((await stat(at("session/large"))).size).toBe(400_000);
  });
});

describe.skipIf(trouble !== null)("stop", () => {
  test("asks first, so that a child may end in order", async () => {
    const child = await start(
      "trap 'echo ended > orderly; exit 0' TERM; echo ready; while :; do sleep 0.01; done",
    );
    await once(child.stdout, "data");
    await child.stop({ graceMs: 10_000 });
    expect(await readFile(at("session/orderly"), "utf8")).toBe("ended\n");
  });

  test("takes everything along that the child left behind or that does not listen", async () => {
    const child = await start(
      `setsid sh -c 'trap "" TERM; while :; do sleep 0.05; done' & echo ready; wait`,
    );
    await once(child.stdout, "data");
    await child.stop({ graceMs: 100 });
    expect(await findByHome(at("session/home"))()).toEqual([]);
  });

  test("is not needed when the child ends: what it left behind ends with it", async () => {
    await run("setsid sleep 60 & exit 0");
    await expect.poll(findByHome(at("session/home"))).toEqual([]);
  });
});

test.skipIf(trouble !== null)("what cannot be started is an error naming the command", async () => {
  await run("true");
  const request = { args: [], environment: {}, homePath: at("session/home"), cwd: at("session") };
  await expect(sandbox!.spawn({ ...request, command: "no-such-program" })).rejects.toMatchObject({
    code: "unavailable",
    message: "Could not start no-such-program: it is not installed",
  });
  const missing = { ...request, command: "sh", cwd: at("missing") };
  await expect(sandbox!.spawn(missing)).rejects.toMatchObject({
    code: "unavailable",
    message: "sh has no folder to run in",
  });
});

test("a machine without it is told what it lacks", async () => {
  expect(await findBubblewrap(at("mirror"))).toBe(
    "bubblewrap (the program bwrap) is not installed",
  );
});
