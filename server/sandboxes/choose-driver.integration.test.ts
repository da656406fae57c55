import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EnvironmentError } from "#server/env.ts";
import { findBubblewrap } from "./bubblewrap/find-bubblewrap.ts";
import { chooseDriver } from "./choose-driver.ts";

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const trouble = await findBubblewrap(SYSTEM_PATH);
const others = { SANDBOX_DOCKER_SOCKET: "/nowhere/docker.sock", SESSION_PROCESSORS_MAX: 0 };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-choice-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Asked = Pick<Parameters<typeof chooseDriver>[0], "SANDBOX" | "PATH">;
const choose = (asked: Asked) => chooseDriver({ ...others, ...asked });

test.skipIf(trouble !== null)("sessions are isolated where a command runs isolated", async () => {
  const driver = await choose({ SANDBOX: "auto", PATH: SYSTEM_PATH });
  expect(driver).toMatchObject({ name: "bubblewrap", isIsolating: true });
});

test("a machine without bubblewrap runs them as they are, and says what that leaves open", async () => {
  const driver = await choose({ SANDBOX: "auto", PATH: folder });
  expect(driver).toMatchObject({ name: "process", isIsolating: false });
  expect(driver.gaps).toContain("files and networks are not kept from sessions");
});

test.skipIf(trouble !== null)("one where it only seems to work counts as without it", async () => {
  const script =
    'for last; do :; done; [ "$last" = /bin/true ] || { echo not here >&2; exit 1; }\n';
  await writeFile(join(folder, "bwrap"), `#!/bin/sh\n${script}`, { mode: 0o755 });
  const PATH = `${folder}:${SYSTEM_PATH}`;
  expect(await choose({ SANDBOX: "auto", PATH })).toMatchObject({ name: "process" });
  const asked = choose({ SANDBOX: "bubblewrap", PATH });
  await expect(asked).rejects.toThrow(EnvironmentError);
  await expect(asked).rejects.toThrow("bubblewrap does not work on this machine: not here");
});

test("containers that cannot be had are told at the start, and replaced by nothing", async () => {
  const asked = choose({ SANDBOX: "docker", PATH: SYSTEM_PATH });
  await expect(asked).rejects.toThrow(EnvironmentError);
  await expect(asked).rejects.toThrow(
    /^SANDBOX: (?:the package dockerode is not installed: run npm install dockerode@5|the Docker daemon does not answer at \/nowhere\/docker.sock)/,
  );
});
