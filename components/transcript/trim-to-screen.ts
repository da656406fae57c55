import {
  countItems,
  dropEarliest,
  dropLatest,
  WINDOW_MAX_ITEMS,
} from "#components/session/trim-window.ts";
import type { MessageView, SessionView } from "#components/session/session-view.ts";

/** So many screens above and below the one in sight stay: more than are loaded ahead, else the two would take turns. */
const KEPT_SCREENS = 2.5;
/** Not everything that may go does: the way back is short. */
const KEPT_SHARE = 0.6;

/** Lets go what is far above the screen: whole turns, or a part of one that is larger than all that is kept. */
export function trimAbove(view: SessionView): SessionView {
  const { messages } = view;
  const excess = countItems(view) - WINDOW_MAX_ITEMS;
  const firstShown = indexOfStep(messages, findStep("first", -KEPT_SCREENS * innerHeight));
  if (excess <= 0 || firstShown <= 0) return view;
  const wanted = excess + WINDOW_MAX_ITEMS * (1 - KEPT_SHARE);
  const starts = turnStarts(messages).filter((start) => start > 0 && start <= firstShown);
  const fitting = starts.findLast((start) => sizeOf(messages.slice(0, start)) <= wanted);
  const end = fitting ?? starts[0] ?? firstShown;
  return dropEarliest(view, sizeOf(messages.slice(0, end)));
}

/** Lets go what is far below the screen, likewise. */
export function trimBelow(view: SessionView): SessionView {
  const { messages } = view;
  const excess = countItems(view) - WINDOW_MAX_ITEMS;
  const lastShown = indexOfStep(messages, findStep("last", (1 + KEPT_SCREENS) * innerHeight));
  if (excess <= 0 || lastShown === -1 || lastShown === messages.length - 1) return view;
  const wanted = excess + WINDOW_MAX_ITEMS * (1 - KEPT_SHARE);
  const starts = turnStarts(messages).filter((start) => start > lastShown);
  const fitting = starts.find((start) => sizeOf(messages.slice(start)) <= wanted);
  const start = fitting ?? starts.at(-1) ?? lastShown + 1;
  return dropLatest(view, sizeOf(messages.slice(start)));
}

const sizeOf = (messages: readonly MessageView[]) => countItems({ messages });

function turnStarts(messages: readonly MessageView[]): number[] {
  return messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
}

/** The first step that ends below a line of the screen, or the last one that begins above it; null for none. */
function findStep(which: "first" | "last", linePx: number): string | null {
  const steps = [...document.querySelectorAll<HTMLElement>("[role=feed] [data-step]")];
  const step =
    which === "first"
      ? steps.find((each) => each.getBoundingClientRect().bottom > linePx)
      : steps.findLast((each) => each.getBoundingClientRect().top < linePx);
  return step?.id ?? null;
}

function indexOfStep(messages: readonly MessageView[], id: string | null): number {
  if (id === null) return -1;
  return messages.findIndex(
    ({ messageId, parts }) => messageId === id || parts.some(({ partId }) => partId === id),
  );
}
