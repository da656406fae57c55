import type { MessageView, SessionView } from "./session-view.ts";

/** Items that a page holds at most, more or less: what is far from the reader is let go and read again when needed. */
export const WINDOW_MAX_ITEMS = 400;
/** While nobody reads them, more may gather at the end before they are only counted. */
const ARRIVED_MAX_ITEMS = 2 * WINDOW_MAX_ITEMS;

const sizeOf = (message: MessageView) => 1 + message.parts.length;

export function countItems({ messages }: Pick<SessionView, "messages">): number {
  return messages.reduce((sum, message) => sum + sizeOf(message), 0);
}

/**
 * Bounds what live events have brought. A reader who follows sees the end, so what is furthest back goes; for one who
 * reads elsewhere the newest go, which are below the screen, and are counted.
 */
export function boundWindow(
  view: SessionView,
  { isFollowing }: { isFollowing: boolean },
): SessionView {
  const count = countItems(view);
  if (isFollowing && view.after === null)
    return count > WINDOW_MAX_ITEMS ? dropEarliest(view, count - WINDOW_MAX_ITEMS / 2) : view;
  return count > ARRIVED_MAX_ITEMS ? dropLatest(view, count - ARRIVED_MAX_ITEMS) : view;
}

/** Lets at least so many items go from the beginning, but never the last message; one of many parts is cut. */
export function dropEarliest(view: SessionView, itemCount: number): SessionView {
  const { messages } = view;
  let dropped = 0;
  let index = 0;
  for (; index < messages.length - 1 && dropped < itemCount; index += 1) {
    const size = sizeOf(messages[index]!);
    if (size > WINDOW_MAX_ITEMS && dropped + size > itemCount) break;
    dropped += size;
  }
  const first = messages[index]!;
  const cutCount = sizeOf(first) > WINDOW_MAX_ITEMS ? Math.max(0, itemCount - dropped) : 0;
  const parts = first.parts.slice(cutCount);
  const prompt = messages.slice(0, index + 1).findLast(({ role }) => role === "user");
  return {
    ...view,
    messages: [cutCount > 0 ? { ...first, parts } : first, ...messages.slice(index + 1)],
    before: placeOf(first, cutCount > 0 ? parts[0]?.partId : undefined),
    firstPromptId: prompt?.messageId ?? view.firstPromptId,
  };
}

/** Lets at least so many items go from the end, but never the first message; one of many parts is cut. */
export function dropLatest(view: SessionView, itemCount: number): SessionView {
  const { messages } = view;
  let dropped = 0;
  let index = messages.length - 1;
  for (; index > 0 && dropped < itemCount; index -= 1) {
    const size = sizeOf(messages[index]!);
    if (size > WINDOW_MAX_ITEMS && dropped + size > itemCount) break;
    dropped += size;
  }
  const last = messages[index]!;
  const cutCount = sizeOf(last) > WINDOW_MAX_ITEMS ? Math.max(0, itemCount - dropped) : 0;
  const parts = last.parts.slice(0, last.parts.length - cutCount);
  return {
    ...view,
    messages: [...messages.slice(0, index), cutCount > 0 ? { ...last, parts } : last],
    after: placeOf(last, parts.at(-1)?.partId),
    endsInTurn: cutCount > 0 || messages[index + 1]?.role !== "user",
    ...(view.after === null && {
      beyondCount: dropped + cutCount,
      beyondMessageCount: messages.length - 1 - index,
    }),
  };
}

function placeOf({ messageId }: MessageView, partId: string | undefined): string {
  return partId === undefined ? messageId : `${messageId}/${partId}`;
}
