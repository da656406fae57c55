import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { ServerIdentity } from "./server-identity.ts";

/** The outermost folder on the way to `path`, or `path` itself, that the user may not enter or run; null when none. */
export async function findUnreachable(
  path: string,
  identity: ServerIdentity,
): Promise<string | null> {
  const parent = dirname(path);
  const above = parent === path ? null : await findUnreachable(parent, identity);
  if (above !== null) return above;
  return mayEnter(await stat(path), identity) ? null : path;
}

function mayEnter(
  entry: { mode: number; uid: number; gid: number },
  { uid, gid }: ServerIdentity,
): boolean {
  if (entry.uid === uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === gid) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}
