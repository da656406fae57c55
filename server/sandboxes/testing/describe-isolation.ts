import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import type { SandboxDriver } from "../sandbox.ts";
import { finish, useSession } from "./use-session.ts";

const CURL_COULD_NOT_CONNECT = 7;

/** For programs that may make name spaces of their own, in which they are root. */
const asRoot = (script: string) => `unshare --user --map-root-user --mount sh -c '${script}'`;
const unlockUsr = "mount -o remount,rw,bind /usr; touch /usr/bin/planted";

/** What every driver that isolates keeps from a session's programs, and what it gives them. */
export function describeIsolation(openDriver: () => SandboxDriver): void {
  const { at, refused, prepare, start, run } = useSession(openDriver);
  const another = useSession(openDriver);
  let target: Server;
  let targetPort: number;

  beforeAll(async () => {
    target = createServer((_, answer) => answer.end("reached")).listen(0, "127.0.0.1");
    await once(target, "listening");
    targetPort = (target.address() as AddressInfo).port;
  });
  afterAll(() => target.close());

  describe("inside", () => {
    test("are the workspace to write, the mirror to read, and the system's programs", async () => {
      const script = `echo made > file; cat ${at("mirror/pack")}; curl --version`;
      expect((await run(script)).out).toMatch(/^history\ncurl \d/);
      expect(await readFile(at("session/file"), "utf8")).toBe("made\n");
    });

    test("input, output and exit code are the command's", async () => {
      const child = await start("cat; exit 3");
      child.stdin.write("what was said");
      expect(await finish(child)).toMatchObject({ code: 3, out: "what was said" });
    });

    test("a child that does not read waits for nobody, and one that is not read waits", async () => {
      const child = await start("head -c 8000000 /dev/zero; echo done >&2; exec cat");
      expect((await once(child.stdout, "readable")).length).toBe(0);
      const bytes = "x".repeat(3_000_000);
      child.stdin.end(bytes);
      const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect([out.length, complaints]).toEqual([8_000_000 + bytes.length, "done\n"]);
    });

    test("the environment holds what was asked for and no secret of ours, also not in process lists", async () => {
      process.env["MILLRACE_TEST_SECRET"] = "canary-4711";
      const { out } = await run("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'");
      delete process.env["MILLRACE_TEST_SECRET"];
      expect(out).toContain("GREETING=hello");
      expect(out).not.toContain("canary-4711");
    });

    test("values of the environment are whatever they are", async () => {
      const environment = {
        QUOTED: `it's "$(id)" \\ \`id\``,
        LINES: "one\n  two\\n\n\n",
        left: "kept",
        line: "kept",
        PATH: `${at("session")}:/usr/bin:/bin`,
      };
      const script = 'printf "%s|" "$QUOTED" "$LINES" "$left" "$line" "$PATH"';
      const { QUOTED, LINES, PATH } = environment;
      const { out } = await run(script, { environment });
      expect(out).toBe(`${QUOTED}|${LINES}|kept|kept|${PATH}|`);
    });
  });

  test.each([
    ["another session's files", () => `cat ${at("other-session/secret")}`],
    ["accounts of the machine", () => "cat /etc/shadow"],
    ["the server's own environment", () => `cat /proc/${process.pid}/environ`],
    ["folders above the workspace", () => `ls ${at(".")} | grep other-session`],
    ["the mirror, to write", () => `touch ${at("mirror/planted")}`],
    ["the system, to write", () => "touch /usr/bin/planted || touch /bin/planted"],
    ["devices", () => "mknod disk b 8 0"],
    ["mounts", () => "mount -t tmpfs none /mnt"],
    ["signals to processes outside", () => `kill -0 ${process.pid}`],
    ["another identity", () => "su -c id"],
    ["kernel settings", () => "echo 0 > /proc/sys/kernel/randomize_va_space"],
    ["the kernel's memory", () => "head -c 1 /proc/kcore || head -c 1 /dev/mem"],
    ["a link that leads out", () => `ln -s ${at("other-session/secret")} way-out; cat way-out`],
    ["the proxy's own folder, to write", () => "touch /run/millrace/planted"],
    ["a control socket of containers", () => "ls /var/run/docker.sock || ls /run/docker.sock"],
    ["a terminal, to type into it", () => "echo x > /dev/tty"],
    ["the kernel's objects, to write", () => "echo 0 > /sys/kernel/mm/ksm/run"],
    ["proxies of other sandboxes", () => "ls -d /tmp/millrace-sandbox-*"],
    ["disks", () => "head -c 1 /dev/sda || head -c 1 /dev/vda || head -c 1 /dev/nvme0n1"],
    ["what is read-only, as root of an own name space", () => asRoot(unlockUsr)],
    ["kernel settings, so", () => asRoot("echo 0 > /proc/sys/kernel/randomize_va_space")],
    ["another session's files, so", () => asRoot(`cat ${at("other-session/secret")}`)],
  ])("%s cannot be reached", async (_, makeScript) => {
    const { code, all } = await run(makeScript());
    expect(code, all).not.toBe(0);
    expect(all).not.toContain("of somebody else");
  });

  test.runIf(process.getuid?.() === 0)("each session has a user of its own", async () => {
    const { out: own } = await run("id -u");
    const { out: other } = await another.run("id -u", { sessionId: "ses_2" });
    expect(Number(own)).toBeGreaterThan(2 ** 30);
    expect(Number(other)).toBeGreaterThan(2 ** 30);
    expect(own).not.toBe(other);
  });

  test("sessions see nothing of each other's processes and shared memory", async () => {
    const theirs = await another.start("echo theirs > /dev/shm/canary; exec sleep 987", {
      sessionId: "ses_2",
    });
    const script = `cat /proc/*/cmdline; kill -0 ${theirs.pid}; ls /dev/shm; echo own > /dev/shm/own`;
    const { code, all } = await run(`${script} && cat /dev/shm/own`);
    expect([code, all]).toEqual([0, expect.stringMatching(/own\n/)]);
    expect(all).not.toMatch(/987|canary/);
    expect(all).toContain("No such process");
  });

  test("no capability is held or can be gained", async () => {
    const { out } = await run("grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status");
    const held = out.split("\n").map((line) => line.split(/:\s+/));
    expect(Object.fromEntries(held)).toEqual({
      CapPrm: "0000000000000000",
      CapEff: "0000000000000000",
      CapBnd: "0000000000000000",
      CapAmb: "0000000000000000",
      NoNewPrivs: "1",
    });
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

  test("sockets of the machine that have a name and no file are not there either", async () => {
    const name = `millrace-test-${process.pid}-${targetPort}`;
    const socket = createServer((_, answer) => answer.end("reached")).listen(`\0${name}`);
    await once(socket, "listening");
    const { code, all } = await run(`curl -s --abstract-unix-socket ${name} http://socket/`);
    socket.close();
    expect([code, all]).toEqual([CURL_COULD_NOT_CONNECT, ""]);
  });

  test("an allowed port of the machine is reached by ordinary programs under its name", async () => {
    const host = `${SANDBOX_HOST}:${targetPort}`;
    const egress = { allowedHosts: [], allowedPrivateHosts: [host], ownRoutes: [] };
    expect((await run(`curl -s http://${host}/`, { egress })).out).toBe("reached");
  });

  test("of our own server the session's route is reached, and nothing beside it", async () => {
    const server = `http://${SANDBOX_HOST}:${targetPort}`;
    const route = `${server}/api/v1/sessions/ses_1/outputs`;
    const egress = { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [route] };
    const others = ["ses_2/outputs", "ses_1/export"].map((it) => `${server}/api/v1/sessions/${it}`);
    const script = [`${route}/log`, ...others].map((address) => `curl -s ${address}; echo`);
    const { out } = await run(script.join("\n"), { egress });
    expect(out.match(/^reached$/gm)).toHaveLength(1);
    expect(refused).toEqual(others.map(() => `${SANDBOX_HOST}:${targetPort}`));
  });

  test("what cannot be started is an error naming the command", async () => {
    const sandbox = await prepare();
    const request = { args: [], environment: {}, homePath: at("session/home"), cwd: at("session") };
    await expect(sandbox.spawn({ ...request, command: "no-such-program" })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^Could not start no-such-program: it is not installed/),
    });
    const missing = { ...request, command: "sh", cwd: at("missing") };
    await expect(sandbox.spawn(missing)).rejects.toMatchObject({
      code: "unavailable",
      message: "sh has no folder to run in",
    });
  });
}
