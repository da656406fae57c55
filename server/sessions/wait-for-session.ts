import type { Services } from "#server/services.ts";
import { openInbox } from "./inbox.ts";
import { readSessionState } from "./read-session-state.ts";

/**
 * Resolves when the session is ready, prepared or has failed, is gone, `signal` aborts, or the server is about to
 * end. A prepared session that initiates by itself is still on its way.
 */
export async function waitForSession(
  { database, bus, draining }: Pick<Services, "database" | "bus" | "draining">,
  sessionId: string,
  signal: AbortSignal,
): Promise<void> {
  const inbox = openInbox(bus, (news) => news.kind === "state" && news.sessionId === sessionId);
  try {
    while (!signal.aborted && !draining.aborted) {
      const state = await readSessionState(database, sessionId);
      if (!state || state.readyAt || state.status === "failed" || state.status === "prepared")
        return;
      await inbox.wait(signal, draining);
    }
  } finally {
    inbox.close();
  }
}
