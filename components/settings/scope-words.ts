import type { ApiScope } from "#lib/api-scope.ts";

/** What a scope is called, and what it lets a program do. */
export const scopeWords: Record<ApiScope, { label: string; meaning: string }> = {
  ingest: {
    label: "Bring in",
    meaning: "Send sessions to this server and ask how that went. Reads nothing.",
  },
  read: {
    label: "Read",
    meaning: "See every session of the team: its transcript, its outputs, and what happens live.",
  },
  share: {
    label: "Share",
    meaning: "Make links that let anyone read a session, and manage yours. Reads nothing else.",
  },
  start: {
    label: "Start",
    meaning: "Start agents, which runs code on this server's machine, and delete sessions.",
  },
};
