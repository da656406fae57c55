import { statfs } from "node:fs/promises";
import type { Environment } from "#server/env.ts";
import { ISOLATION_GAP } from "./gaps.ts";
import type { SandboxDriver } from "./sandbox.ts";

/** Something about this machine that a person should know before a session starts. */
export interface Notice {
  kind: "warning" | "info";
  message: string;
}

const UNSAFE =
  "Agents run as ordinary processes of this machine, without a sandbox: start only what you would run yourself.";

/** Warnings first. */
export async function listNotices(
  { DATA_DIR, MIN_FREE_DISK_BYTES }: Pick<Environment, "DATA_DIR" | "MIN_FREE_DISK_BYTES">,
  { isIsolating, gaps }: Pick<SandboxDriver, "isIsolating" | "gaps">,
): Promise<Notice[]> {
  const { bavail, bsize } = await statfs(DATA_DIR);
  const notices: Notice[] = isIsolating ? [] : [{ kind: "info", message: UNSAFE }];
  const unlimited = gaps.filter((gap) => gap !== ISOLATION_GAP);
  if (unlimited.length > 0)
    notices.push({ kind: "info", message: `On this machine ${unlimited.join(", and ")}.` });
  if (bavail * bsize < MIN_FREE_DISK_BYTES) {
    notices.unshift({
      kind: "warning",
      message: "The disk is nearly full: new sessions will fail until space is freed.",
    });
  }
  return notices;
}
