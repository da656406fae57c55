import { readFileSync } from "node:fs";

/** The user that PostgreSQL runs as; null means our own, which any user but root may use. */
export interface ServerIdentity {
  uid: number;
  gid: number;
}

const CANDIDATES = ["postgres", "nobody"];
const NOBODY_ID = 65534;

/**
 * PostgreSQL refuses to run as root, so root lends it an unprivileged user: `postgres` where there is one, else
 * `nobody`. Nobody is created.
 */
export function chooseServerIdentity(
  ownUid = process.getuid?.() ?? null,
  readUsers = () => readFileSync("/etc/passwd", "utf8"),
): ServerIdentity | null {
  if (ownUid !== 0) return null;
  const users = parseUsers(readUsers());
  const name = CANDIDATES.find((candidate) => users.has(candidate));
  return users.get(name ?? "") ?? { uid: NOBODY_ID, gid: NOBODY_ID };
}

function parseUsers(passwd: string): Map<string, ServerIdentity> {
  const users = new Map<string, ServerIdentity>();
  for (const line of passwd.split("\n")) {
    const [name, , uid, gid] = line.split(":");
    if (name && uid && gid && Number(uid) > 0)
      users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
