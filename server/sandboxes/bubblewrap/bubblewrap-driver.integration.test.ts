import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeIsolation } from "../testing/describe-isolation.ts";
import { describeLimits } from "../testing/describe-limits.ts";
import { GENEROUS, useSession } from "../testing/use-session.ts";
import { createBubblewrapDriver } from "./bubblewrap-driver.ts";
import { findBubblewrap } from "./find-bubblewrap.ts";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const trouble = await findBubblewrap(path);
const driver = createBubblewrapDriver({ path });

describe.skipIf(trouble !== null)("bubblewrap", () => {
  describeIsolation(() => driver);
  describeLimits(() => driver, { tellsOfProcesses: true });
  const { at, run } = useSession(() => driver);

  test("what a session says of its environment holds for its command alone", async () => {
    const planted = at("session/planted");
    await mkdir(planted, { recursive: true });
    for (const name of ["setpriv", "socat", "cat", "sleep"])
      await writeFile(join(planted, name), `#!/bin/sh\nid > ${at("session/ran")}-${name}\n`, {
        mode: 0o755,
      });
    const { out, all } = await run("env | grep -c '^LD_PRELOAD='; command -v setpriv", {
      environment: {
        LD_PRELOAD: join(planted, "missing.so"),
        PATH: `${planted}:/usr/bin:/bin`,
      },
    });
    expect(out).toBe(`1\n${planted}/setpriv`);
    expect(all).toContain("missing.so");
    expect((await readdir(at("session"))).filter((name) => name.startsWith("ran-"))).toEqual([]);
  });
});

const isRoot = process.getuid?.() === 0;

describe.skipIf(trouble !== null || !isRoot)("without control groups", () => {
  const gaps = ["memory is not limited", "the number of processes is not limited"];
  const none = async () => 0;
  const makeGroup = async () => ({
    entryPaths: [],
    gaps,
    countMemoryKills: none,
    countRefusedProcesses: none,
    remove: async () => {},
  });
  const { prepare, run } = useSession(() => createBubblewrapDriver({ path, makeGroup }));

  test("processes are counted by the session's user, and memory is said not to be", async () => {
    const sandbox = await prepare({ limits: { ...GENEROUS, processCount: 20 } });
    expect(sandbox.gaps).toEqual(["memory is not limited"]);
    const script = "n=0; while [ $n -lt 30 ]; do sleep 5 & n=$((n + 1)); done; echo all";
    const { code, all } = await run(script);
    expect(all).toMatch(/fork/);
    expect(all).not.toContain("all");
    expect(code).not.toBe(0);
  });
});

test("a machine without it is told what it lacks", async () => {
  const empty = await mkdtemp(join(tmpdir(), "millrace-empty-"));
  expect(await findBubblewrap(empty)).toBe("bubblewrap (the program bwrap) is not installed");
  await rm(empty, { recursive: true });
});
