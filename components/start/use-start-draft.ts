"use client";

import { useRef, useState } from "react";
import { createMessageId } from "#lib/ids.ts";
import { useTabStorage } from "#components/ui/use-tab-storage.ts";
import { emptyDraft, restoreDraft, storeDraft, type StartDraft } from "./start-draft.ts";

const STORAGE_KEY = "millrace-start-draft";

/**
 * The draft of the start form. It survives a reload of the tab; a link's draft comes before what was kept. The message
 * id belongs to exactly this draft: a second press of Start, or a retry after a lost answer, finds the session that
 * the first one started.
 */
export function useStartDraft(linked: StartDraft | null) {
  const [stored, store] = useTabStorage(STORAGE_KEY);
  const [edited, setEdited] = useState(linked);
  const messageId = useRef<string | null>(null);
  const draft = edited ?? restoreDraft(stored) ?? emptyDraft;

  function change(changes: Partial<StartDraft>) {
    messageId.current = null;
    const next = { ...draft, ...changes };
    setEdited(next);
    store(storeDraft(next));
  }

  function readMessageId(): string {
    messageId.current ??= createMessageId();
    return messageId.current;
  }

  /** What goes with the draft has changed. */
  function forgetMessageId() {
    messageId.current = null;
  }

  return { draft, change, readMessageId, forgetMessageId, forget: () => store(null) };
}
