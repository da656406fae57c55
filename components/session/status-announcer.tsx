"use client";

import { useAtomValue } from "jotai";
import { announceRequests } from "#components/permissions/request-words.ts";
import { statusWords } from "#components/sessions/status-words.ts";
import { preparationLine } from "./preparation-words.ts";
import { isStoppingAtom, sessionStateAtom } from "./session-atoms.ts";

/** The page's one live region: it speaks when the status or the running step changes, never of tokens. */
export function StatusAnnouncer() {
  const state = useAtomValue(sessionStateAtom);
  const isStopping = useAtomValue(isStoppingAtom);
  const isPreparing =
    state.status === "preparing" || (state.status === "failed" && state.readyAt === null);
  const asked = announceRequests(state.requests);
  return (
    <p role="status" className="sr-only">
      {isStopping
        ? "Stopping"
        : asked !== null
          ? asked
          : state.silentSince !== null
            ? "No sign of life from the agent"
            : isPreparing
              ? preparationLine(state)
              : statusWords[state.status]}
    </p>
  );
}
