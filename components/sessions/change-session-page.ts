import type { SessionChangedEvent } from "#lib/live-protocol.ts";
import type { SessionPage } from "./session-summary.ts";

export interface ChangedPage {
  /** The same object when nothing in it changed. */
  list: SessionPage;
  /** Indexes of changes that are about sessions this page does not hold. */
  missing: ReadonlySet<number>;
  isMissing: boolean;
}

/** Applies status and title changes in place, so that no row jumps under a reader; deleted sessions leave. */
export function changeSessionPage(
  page: SessionPage,
  changes: readonly SessionChangedEvent[],
): ChangedPage {
  const missing = new Set<number>();
  let { sessions } = page;
  for (const [index, { sessionId, status, title, updatedAt }] of changes.entries()) {
    const at = sessions.findIndex((session) => session.sessionId === sessionId);
    const session = sessions[at];
    if (status === "deleted") sessions = sessions.filter((each) => each.sessionId !== sessionId);
    else if (session === undefined) missing.add(index);
    else if (session.updatedAt <= updatedAt)
      sessions = sessions.with(at, { ...session, status, title, updatedAt });
  }
  const list =
    sessions === page.sessions || isSame(sessions, page.sessions) ? page : { ...page, sessions };
  return { list, missing, isMissing: missing.size > 0 };
}

function isSame(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((each, index) => each === after[index]);
}
