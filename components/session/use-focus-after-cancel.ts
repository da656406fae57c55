import { useEffect, useRef } from "react";
import type { PromptState } from "#lib/session-state.ts";

/**
 * Where the focus goes from a waiting prompt that is taken back: once it is gone, to the one in its place, else to the
 * last one, else to the composer. Not where it has gone elsewhere meanwhile.
 */
export function useFocusAfterCancel(waiting: readonly PromptState[]) {
  const listRef = useRef<HTMLOListElement>(null);
  const left = useRef<{ messageId: string; index: number } | null>(null);
  useEffect(() => {
    const from = left.current;
    if (from === null || waiting.some(({ messageId }) => messageId === from.messageId)) return;
    left.current = null;
    if (document.activeElement !== document.body) return;
    const rows = [...(listRef.current?.children ?? [])];
    const row = rows[Math.min(from.index, rows.length - 1)] ?? null;
    const next = row?.querySelector<HTMLElement>("textarea, button");
    (next ?? document.querySelector<HTMLElement>("[data-composer]"))?.focus();
  }, [waiting]);
  return {
    listRef,
    leave(messageId: string) {
      const index = waiting.findIndex((prompt) => prompt.messageId === messageId);
      left.current = { messageId, index };
    },
  };
}
