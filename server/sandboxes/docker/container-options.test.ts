import { expect, test } from "vitest";
import { TEMPORARY_MAX_BYTES } from "../sandbox.ts";
import { containerOptions } from "./container-options.ts";

const options = containerOptions({
  request: { command: "agent", args: ["--acp"], cwd: "/data/session/repository" },
  environment: { HOME: "/data/session/home" },
  image: "sha256:abc",
  labels: { "millrace.session": "ses_1" },
  limits: { memoryBytes: 4_096, processCount: 7, processorCount: 0.5, fileBytes: 99 },
  ownFolder: "/tmp/own/run",
  user: "5:6",
  readablePaths: ["/data/mirror"],
  writablePaths: ["/data/session"],
});
const host = options.HostConfig;

test("a container has no network, no rights, and an image that stays as it is", () => {
  expect(host).toMatchObject({
    NetworkMode: "none",
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    ReadonlyRootfs: true,
    Privileged: false,
    LogConfig: { Type: "none" },
    Init: true,
  });
  expect(options.User).toBe("5:6");
});

test("only the session's folder is there to write", () => {
  const mounts = host?.Mounts?.map(({ Target: target, ReadOnly: isReadOnly }) => [
    target,
    isReadOnly,
  ]);
  expect(mounts).toEqual([
    ["/etc/passwd", true],
    ["/etc/group", true],
    ["/run/millrace", true],
    ["/data/mirror", true],
    ["/data/session", false],
  ]);
});

test("what it keeps in memory as files is bounded, and the same that other drivers give", () => {
  expect(host?.ShmSize).toBe(TEMPORARY_MAX_BYTES);
  expect(host?.Tmpfs?.["/tmp"]).toContain(`,size=${TEMPORARY_MAX_BYTES}`);
});

test("its limits are the session's, and swap is no way around them", () => {
  expect(host).toMatchObject({
    Memory: 4_096,
    MemorySwap: 4_096,
    PidsLimit: 7,
    NanoCpus: 500_000_000,
  });
  expect(host?.Ulimits).toContainEqual({ Name: "fsize", Soft: 99, Hard: 99 });
});
