import { ANSWER_LIMIT_MS, answerWithin } from "#server/database/answer-within.ts";
import type { Database } from "#server/database/database.ts";
import type { Viewer } from "./viewer.ts";

/** How long a login or token that ended may still be taken for good. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;

interface RememberedViewer {
  viewer: Viewer;
  untilMs: number;
}

/** What somebody is let in with: a secret of one kind is none of another. */
interface Credential {
  kind: "login" | "api-token";
  /** SHA-256 of its secret. */
  secretHash: string;
}

/** By database and credential; a page's requests come in bursts, and each would ask the same. */
const remembered = new WeakMap<Database, Map<string, RememberedViewer>>();

/**
 * Whoever `read` found for that credential, as of the last second; nobody is not remembered. Nearly every request asks
 * this first, so a database that says nothing is noticed here: `unavailable`, before anything is written.
 */
export async function findRemembered(
  database: Database,
  credential: Credential,
  read: () => Promise<Viewer | null>,
): Promise<Viewer | null> {
  const key = keyOf(credential);
  const askedMs = performance.now();
  const known = remembered.get(database)?.get(key);
  if (known && known.untilMs > askedMs) return known.viewer;
  const viewer = await answerWithin(ANSWER_LIMIT_MS, read());
  // Counted from the question: what ended while the answer was on its way is not taken for good any longer.
  if (viewer) remember(database, key, { viewer, untilMs: askedMs + REMEMBERED_MS });
  return viewer;
}

/** In this process at once; the others forget within a second. */
export function forgetViewer(database: Database, credential: Credential): void {
  remembered.get(database)?.delete(keyOf(credential));
}

const keyOf = ({ kind, secretHash }: Credential) => `${kind} ${secretHash}`;

function remember(database: Database, key: string, entry: RememberedViewer): void {
  let viewers = remembered.get(database);
  // Starting over is cheap, and keeps a flood of logins from filling the memory.
  if (!viewers || viewers.size >= REMEMBERED_MAX) remembered.set(database, (viewers = new Map()));
  viewers.set(key, entry);
}
