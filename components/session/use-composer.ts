import { useAtomValue } from "jotai";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { useConnection } from "./connection-mark.tsx";
import { composerState } from "./composer-state.ts";
import { sessionStateAtom } from "./session-atoms.ts";
import { useFollowUp } from "./use-follow-up.ts";

/** A follow-up as it is typed, and what can be done with it now. */
export function useComposer() {
  const state = useAtomValue(sessionStateAtom);
  const isHydrated = useHydrated();
  const { text, change, send, draft, isSending, sentAt, error } = useFollowUp(state.sessionId);
  const { isLocked, note } = composerState(state);
  const connection = useConnection();
  // What was sent meanwhile has shown that the next prompt can be sent too.
  const isOffline =
    connection.status === "offline" && (sentAt === null || sentAt < connection.since);
  const isBusy = state.status === "working" || state.status === "needs_you";
  const isTooLong = text.length > PROMPT_MAX_CHARACTERS;
  const isReady = isHydrated && !isLocked && !isSending;
  const canSend = isReady && !isTooLong && draft.hold === null && text.trim() !== "";
  return {
    text,
    change,
    draft,
    error,
    note,
    isLocked,
    isSending,
    isOffline,
    isTooLong,
    /** Files are taken. */
    isReady,
    canSend,
    /** It goes after what runs or waits. */
    isQueued: isBusy || state.readyAt === null,
    submit() {
      if (canSend) send();
    },
    addFiles(files: File[]) {
      if (isReady) draft.add(files);
    },
  };
}

export type ComposerControls = ReturnType<typeof useComposer>;
