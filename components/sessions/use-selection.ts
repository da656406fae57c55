import { useRef, useState } from "react";
import { SESSIONS_AT_ONCE_MAX } from "#lib/limits.ts";

export interface Selection {
  ids: ReadonlySet<string>;
  has(id: string): boolean;
  /** Adds it or takes it out; with `isRange` all from the last one that was toggled up to it are added. */
  toggle(id: string, options?: { isRange?: boolean }): void;
  /** All that are shown, up to as many as one request may hold; none when they are selected already. */
  toggleAll(): void;
  clear(): void;
}

/** Which of the shown rows are selected; what is not shown (any more) is not selected. */
export function useSelection(shownIds: readonly string[]): Selection {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const lastId = useRef<string | null>(null);
  const ids = new Set(shownIds.filter((id) => selected.has(id)));
  const choose = (chosen: Iterable<string>) =>
    setSelected(new Set([...chosen].slice(0, SESSIONS_AT_ONCE_MAX)));

  return {
    ids,
    has: (id) => ids.has(id),
    toggle(id, { isRange = false } = {}) {
      const from = isRange && lastId.current !== null ? shownIds.indexOf(lastId.current) : -1;
      const to = shownIds.indexOf(id);
      lastId.current = id;
      if (from !== -1 && to !== -1) {
        const range = shownIds.slice(Math.min(from, to), Math.max(from, to) + 1);
        choose([...ids, ...range]);
      } else if (ids.has(id)) choose([...ids].filter((each) => each !== id));
      else choose([...ids, id]);
    },
    toggleAll() {
      const all = shownIds.slice(0, SESSIONS_AT_ONCE_MAX);
      choose(all.every((id) => ids.has(id)) ? [] : all);
    },
    clear: () => setSelected(new Set()),
  };
}
