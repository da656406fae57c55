/**
 * What an API token may do: `ingest` sends uploads and asks after them, `read` reads sessions, `start` starts sessions
 * with a prompt and deletes sessions, `share` makes links to sessions and manages them. None includes another.
 */
export const apiScopes = ["ingest", "read", "start", "share"] as const;

export type ApiScope = (typeof apiScopes)[number];
