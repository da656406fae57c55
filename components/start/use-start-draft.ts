"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { createMessageId } from "#lib/ids.ts";
import { emptyDraft, restoreDraft, storeDraft, type StartDraft } from "./start-draft.ts";

const STORAGE_KEY = "millrace-start-draft";

/**
 * The draft of the start form. It survives a reload of the tab; a link's draft comes before it, and what was typed
 * before the page came alive before both. The message id belongs to exactly this draft: a second press of Start or a
 * retry after a lost answer finds the session that the first one started.
 */
export function useStartDraft(linked: StartDraft | null) {
  const [draft, setDraft] = useState(linked ?? emptyDraft);
  const messageId = useRef<string | null>(null);

  useEffect(() => {
    if (linked) return;
    const restored = restoreDraft(sessionStorage.getItem(STORAGE_KEY));
    if (restored) setDraft((current) => (current.prompt || current.repository ? current : restored));
  }, [linked]);

  const change = useCallback((changes: Partial<StartDraft>) => {
    messageId.current = null;
    setDraft((current) => {
      const next = { ...current, ...changes };
      sessionStorage.setItem(STORAGE_KEY, storeDraft(next));
      return next;
    });
  }, []);

  const readMessageId = useCallback(() => (messageId.current ??= createMessageId()), []);
  const forget = useCallback(() => sessionStorage.removeItem(STORAGE_KEY), []);
  return { draft, change, readMessageId, forget };
}
