import type { BroughtName } from "#lib/brought-session.ts";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export interface MadeSession {
  sessionId: string;
  /** False when the same session was brought before. */
  isNew: boolean;
}

/** Longer is not waited for an answer. */
const PATIENCE_MS = 60_000;

/**
 * Makes the session that a file holds, or finds it; with an id alone it is a new one. It is called `title` until its
 * items say more. Safe to call again. An answer that breaks, or is not our server's, is
 * as good as none.
 */
export async function makeSession(
  brought: BroughtName | Pick<MadeSession, "sessionId">,
  title: string,
): Promise<MadeSession | Trouble> {
  const suggestedTitle = title.slice(0, TITLE_MAX_CHARACTERS);
  try {
    const response = await fetch("/api/v1/sessions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sessionId: createSessionId(), ...brought, suggestedTitle }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    if (!response.ok) return troubleOf(response.status, text);
    return JSON.parse(text) as MadeSession;
  } catch {
    return troubleOf(0, "");
  }
}
