import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import type { SessionSandboxOptions } from "./sandbox.ts";

/** Above what systems give to people, services and containers; two sessions have the same one in a billion. */
const FIRST_UID = 2 ** 30;

/**
 * The user id of a session's own, to whom its folders are given; null where the server may not change who it is. It is
 * the same at every start, so that a session's files stay its own. Links are given themselves, not what they lead to.
 */
export async function takeSessionUser({
  sessionId,
  writablePaths,
}: Pick<SessionSandboxOptions, "sessionId" | "writablePaths">): Promise<number | null> {
  if (process.getuid?.() !== 0) return null;
  const uid = uidOf(sessionId);
  const owner = `${uid}:${uid}`;
  await promisify(execFile)("chown", ["-R", "-h", "-P", owner, "--", ...writablePaths]);
  return uid;
}

function uidOf(sessionId: string): number {
  const digest = createHash("sha256").update(sessionId).digest();
  return FIRST_UID + (digest.readUInt32BE(0) % FIRST_UID);
}
