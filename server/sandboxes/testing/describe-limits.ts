import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { log } from "#server/log.ts";
import { limitDisk } from "../limit-disk.ts";
import type { SandboxDriver } from "../sandbox.ts";
import { findByHome } from "../stop-processes.ts";
import { finish, GENEROUS, useSession } from "./use-session.ts";

const MEGABYTE = 1024 ** 2;

/** How every driver that isolates bounds a session's programs, and ends them. */
export function describeLimits(
  openDriver: () => SandboxDriver,
  { tellsOfProcesses }: { /** When there were too many. */ tellsOfProcesses: boolean },
): void {
  const { at, prepare, start, run } = useSession(openDriver);
  const findOurs = () => findByHome(at("session/home"))();

  describe("limits", () => {
    test("a fork bomb stays small and goes with its session", async (context) => {
      const sandbox = await prepare({ limits: { ...GENEROUS, processCount: 40 } });
      const { gaps } = sandbox;
      if (gaps.length > 0) context.skip(gaps.join(", "));
      const child = await start("bomb() { bomb & bomb & sleep 60; }; bomb");
      const complaints: Buffer[] = [];
      child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
      await expect
        .poll(() => Buffer.concat(complaints).toString(), { timeout: 15_000 })
        .toMatch(/fork/);
      expect((await findOurs()).length).toBeLessThanOrEqual(40);
      if (tellsOfProcesses)
        expect(await sandbox.findTrouble?.()).toMatchObject({
          message:
            "What the session ran wanted more than the 40 processes and threads it may have at a time, and failed",
        });
      await child.stop({ graceMs: 0 });
      expect(await findOurs()).toEqual([]);
    });

    test("what takes too much memory is ended", async (context) => {
      const limits = { ...GENEROUS, memoryBytes: 64 * MEGABYTE };
      const sandbox = await prepare({ limits });
      if (sandbox.gaps.length > 0) context.skip(sandbox.gaps.join(", "));
      const child = await start("tail /dev/zero");
      expect(await sandbox.findTrouble?.()).toBeNull();
      expect((await finish(child)).code).not.toBe(0);
      await expect
        .poll(() => sandbox.findTrouble?.())
        .toMatchObject({
          message:
            "What the session ran needed more memory than the 67.1 MB it may use, and was ended",
        });
    });

    test("so is a program that something else started, which goes on", async (context) => {
      const limits = { ...GENEROUS, memoryBytes: 64 * MEGABYTE };
      const sandbox = await prepare({ limits });
      if (sandbox.gaps.length > 0) context.skip(sandbox.gaps.join(", "));
      const child = await start("sh -c 'tail /dev/zero; echo first; exit'; echo second; cat");
      await once(child.stdout, "readable");
      await expect.poll(() => sandbox.findTrouble?.()).toMatchObject({ code: "too_large" });
      await finish(child);
    });

    test("the folder in memory is bounded", async () => {
      const { all } = await run("head -c 600000000 /dev/zero > /tmp/much; ls -l /tmp/much", {
        limits: { ...GENEROUS, memoryBytes: 1024 ** 3 },
      });
      expect(all).toContain("No space left");
    });

    test("a file grows no larger than all files together may", async () => {
      const { code } = await run("head -c 600000 /dev/zero > large", {
        limits: { ...GENEROUS, fileBytes: 400_000 },
      });
      expect(code).not.toBe(0);
      expect((await stat(at("session/large"))).size).toBe(400_000);
    });

    test("many files are noticed, and what writes them is ended", async () => {
      const sandbox = limitDisk(await prepare(), {
        path: at("session"),
        maxBytes: 8 * MEGABYTE,
        slackBytes: 0,
        log,
        pauseMs: { min: 20, max: 20 },
      });
      const script = "n=0; while :; do n=$((n + 1)); head -c 100000 /dev/zero > f$n; done";
      const child = await sandbox.spawn({
        command: "/bin/sh",
        args: ["-c", script],
        cwd: at("session"),
        homePath: at("session/home"),
        environment: {},
      });
      await finish(child);
      expect(await sandbox.findTrouble?.()).toMatchObject({ code: "too_large" });
      expect(await findOurs()).toEqual([]);
      await sandbox.close();
    });
  });

  describe("stop", () => {
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
      expect(await findOurs()).toEqual([]);
    });

    test("ends a child whose output nobody reads", async () => {
      const child = await start("head -c 8000000 /dev/zero; cat");
      await child.stop({ graceMs: 0 });
      expect(await findOurs()).toEqual([]);
    });

    test("is not needed when the child ends: what it left behind ends with it", async () => {
      await run("setsid sleep 60 & exit 0");
      await expect.poll(findOurs).toEqual([]);
    });
  });
}
