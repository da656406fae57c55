import type { ApiScope } from "#lib/api-scope.ts";
import { createSessionId } from "#lib/ids.ts";

export interface CurlLine {
  command: string;
  /** What it does, and what to put in. */
  meaning: string;
}

/** A command that tries a new token; null when its scopes are for nothing that one line shows. */
export function curlLine(
  origin: string,
  { secret, scopes }: { secret: string; scopes: readonly ApiScope[] },
): CurlLine | null {
  const authorization = `-H 'Authorization: Bearer ${secret}'`;
  if (scopes.includes("ingest")) {
    const address = `${origin}/api/v1/sessions/${createSessionId()}/ingest`;
    return {
      command: `curl -X POST -T session.json ${authorization} ${address}`,
      meaning: "Sends the file session.json, of up to 5 GB, into a new session.",
    };
  }
  if (!scopes.includes("read")) return null;
  return {
    command: `curl -N ${authorization} ${origin}/api/v1/sessions/SESSION/events`,
    meaning: "Shows a session and follows it; put its id in the place of SESSION.",
  };
}
