import { useEffect, useEffectEvent } from "react";
import { isTyping } from "#components/frame/is-typing.ts";
import type { Filing } from "#lib/shelf.ts";
import type { Selection } from "./use-selection.ts";

interface ListKeys {
  shelf: "open" | "archive" | "all" | "trash";
  selection: Selection;
  /** To what is selected, else to the row that has the focus. */
  onFile: (filing: Filing, sessionIds: string[]) => void;
}

const ROW = "[data-session-row]";

/** `j k` walk, `x` selects, `a` all, `p e #` pin, archive and throw away, Escape lets go. */
export function useListKeys({ shelf, selection, onFile }: ListKeys) {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const current = currentRowId();
    const file = (filing: Filing) => {
      const ids = selection.ids.size > 0 ? [...selection.ids] : current === null ? [] : [current];
      if (ids.length > 0) onFile(filing, ids);
    };
    const isTrash = shelf === "trash";
    const commands: Record<string, () => void> = {
      j: () => walk(1),
      k: () => walk(-1),
      ArrowDown: () => walk(1),
      ArrowUp: () => walk(-1),
      x: () => current !== null && selection.toggle(current),
      X: () => current !== null && selection.toggle(current, { isRange: true }),
      a: selection.toggleAll,
      p: () => !isTrash && file("pin"),
      e: () => !isTrash && file(shelf === "archive" ? "unarchive" : "archive"),
      "#": () => file(isTrash ? "delete" : "trash"),
      Delete: () => file(isTrash ? "delete" : "trash"),
      r: () => isTrash && file("restore"),
      Escape: selection.clear,
    };
    const command = commands[event.key];
    // Arrows scroll, until somebody walks the rows.
    if (!command || (event.key.startsWith("Arrow") && current === null)) return;
    event.preventDefault();
    command();
  });

  useEffect(() => {
    const listening = new AbortController();
    const options = { capture: true, signal: listening.signal };
    document.addEventListener("keydown", (event) => onKeyDown(event), options);
    return () => listening.abort();
  }, []);
}

function currentRowId(): string | null {
  const row = document.activeElement?.closest("li")?.querySelector<HTMLElement>(ROW);
  return row?.dataset["sessionRow"] ?? null;
}

function walk(step: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>(ROW)];
  const id = currentRowId();
  const at = rows.findIndex((row) => row.dataset["sessionRow"] === id);
  rows[at === -1 ? 0 : at + step]?.focus();
}
