/**
 * What an API token may do: `ingest` sends uploads and asks after them, `read` reads sessions, `start` starts sessions
 * and steers them. None includes another.
 */
export const apiScopes = ["ingest", "read", "start"] as const;

export type ApiScope = (typeof apiScopes)[number];
