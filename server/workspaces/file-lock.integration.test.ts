import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { isHeldByLiving, lockFile, takeOver, tryLockFile } from "./file-lock.ts";

let folder: string;
let path: string;
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lock-"));
  path = join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A lock whose owner is gone: this pid, with another start time. */
const abandon = (nonce: string, at = path) =>
  writeFile(at, JSON.stringify({ pid: process.pid, startTicks: 1, bootId: null, nonce }));

describe("lockFile", () => {
  test("lets one in at a time, and leaves no file behind", async () => {
    let inside = 0;
    let mostInside = 0;
    const visit = async () => {
      const lock = await lockFile(path, { signal });
      inside += 1;
      mostInside = Math.max(mostInside, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      await lock.release();
    };
    await Promise.all(Array.from({ length: 8 }, visit));
    expect(mostInside).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test("stops waiting when aborted, and says once that it waits", async () => {
    const lock = await lockFile(path, { signal });
    const controller = new AbortController();
    let waits = 0;
    const waiting = lockFile(path, { signal: controller.signal, onWait: () => (waits += 1) });
    await expect.poll(() => waits, { interval: 5 }).toBe(1);
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await lock.release();
    expect(waits).toBe(1);
  });

  test("is safe to release twice, also when somebody else has it by then", async () => {
    const first = await lockFile(path, { signal });
    await first.release();
    const second = await lockFile(path, { signal });
    await first.release();
    expect(await tryLockFile(path)).toBeNull();
    await second.release();
  });
});

describe("a lock whose owner died", () => {
  test("goes to exactly one of many who want it", async () => {
    await abandon("dead");
    const locks = await Promise.all(Array.from({ length: 10 }, () => tryLockFile(path)));
    const taken = locks.filter((lock) => lock !== null);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.isInherited).toBe(true);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("is not taken over by one who looked before another took over", async () => {
    await abandon("dead");
    const lock = await tryLockFile(path);
    const late = { pid: process.pid, startTicks: null, bootId: null, nonce: "late" };
    expect(await takeOver(path, { ...late, nonce: "dead" }, late)).toBe(false);
    expect(await readdir(folder)).toEqual(["lock"]);
    await lock?.release();
    expect(await takeOver(path, { ...late, nonce: "dead" }, late)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  test("also when the first heir died in the middle of it", async () => {
    await abandon("dead");
    await abandon("dead-heir", `${path}.after-dead`);
    const locks = await Promise.all(Array.from({ length: 10 }, () => tryLockFile(path)));
    expect(locks.filter((lock) => lock !== null)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("and what was killed on its way to the lock goes, what is on its way stays", async () => {
    await abandon("dead", `${path}.new-killed`);
    await writeFile(`${path}.new-half-written`, "");
    expect(await tryLockFile(path)).toMatchObject({ isInherited: false });
    expect(await readdir(folder)).toEqual(["lock", "lock.new-half-written"]);
  });

  test("by kill -9 of a real process", async () => {
    const child = await createProcessSandbox().spawn({
      command: process.execPath,
      args: [
        "--import",
        "tsx",
        "--input-type=module",
        "-e",
        `const { tryLockFile } = await import("./server/workspaces/file-lock.ts");
         await tryLockFile(${JSON.stringify(path)});
         console.log("locked");
         setInterval(() => {}, 1000);`,
      ],
      cwd: process.cwd(),
      environment: {},
      homePath: join(folder, "home"),
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(await isHeldByLiving(path)).toBe(true);
    expect(await tryLockFile(path)).toBeNull();
    process.kill(child.pid, "SIGKILL");
    await child.exited;
    expect(await isHeldByLiving(path)).toBe(false);
    const lock = await lockFile(path, { signal });
    expect(lock.isInherited).toBe(true);
  });
});
