import type { BroughtName } from "#lib/brought-session.ts";
import { createSessionId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export interface MadeSession {
  sessionId: string;
  /** False when the same session was brought before. */
  isNew: boolean;
}

/** Makes the session that a file holds, or finds it. Safe to call again. */
export async function makeSession(
  brought: BroughtName,
  fileName: string,
): Promise<MadeSession | Trouble> {
  const suggestedTitle = fileName.slice(0, TITLE_MAX_CHARACTERS);
  const response = await fetch("/api/v1/sessions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sessionId: createSessionId(), ...brought, suggestedTitle }),
  }).catch(() => null);
  if (!response?.ok) return troubleOf(response?.status ?? 0, (await response?.text()) ?? "");
  return (await response.json()) as MadeSession;
}
