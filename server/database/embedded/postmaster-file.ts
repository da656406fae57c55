import { link, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, isServerOf } from "./process-state.ts";

/** A server that was started writes its file at once; an empty one that is older was left by a crash. */
const EMPTY_FILE_GRACE_MS = 5_000;

export type ServerState =
  /** No server; PostgreSQL itself clears away a file whose process is gone. */
  | { kind: "none" }
  /** The file was left behind, but PostgreSQL would believe it: remove it first. */
  | { kind: "left-over"; content: string }
  /** A server is starting or stopping: look again. */
  | { kind: "changing"; pid: number | null }
  | { kind: "ready"; pid: number; port: number };

/** What `postmaster.pid` says about the folder's server, after checking that the process is really one. */
export async function readServerState(clusterPath: string): Promise<ServerState> {
  const path = pathOf(clusterPath);
  const content = await readFile(path, "utf8").catch(nullWhenMissing);
  if (content === null) return { kind: "none" };

  // Lines 1, 4 and 8 (PostgreSQL, src/include/utils/pidfile.h); the status is padded with blanks.
  const lines = content.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  const status = lines[7]?.trim();
  if (!Number.isInteger(pid) || pid <= 0) {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    return ageMs > EMPTY_FILE_GRACE_MS
      ? { kind: "left-over", content }
      : { kind: "changing", pid: null };
  }
  if (await isServerOf(pid, clusterPath)) {
    return status === "ready" ? { kind: "ready", pid, port } : { kind: "changing", pid };
  }
  return (await isRunning(pid)) ? { kind: "left-over", content } : { kind: "none" };
}

/**
 * Removes a file that was judged left over. Should another process have done so and started a server in the
 * meantime, that server's file is put back.
 */
export async function removeLeftOver(clusterPath: string, content: string): Promise<void> {
  const path = pathOf(clusterPath);
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(nullWhenMissing);
  const moved = await readFile(aside, "utf8").catch(nullWhenMissing);
  if (moved !== null && moved !== content) await link(aside, path);
  await rm(aside, { force: true });
}

const pathOf = (clusterPath: string) => join(clusterPath, "postmaster.pid");

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
