import type { ItemChange, MessagePlan } from "./plan-messages.ts";

/** What the item writer reads of the session's row while it holds its lock. */
export interface LockedSession {
  teamId: string;
  counter: number;
  lastSeq: number;
  title: string;
  titleSource: "prompt" | "agent" | "person";
  costUsd: number | null;
  tokens: number | null;
  model: string | null;
}

/** What items say about their session. */
export interface SessionPlan {
  title: string;
  titleSource: LockedSession["titleSource"];
  costUsd: number | null;
  tokens: number | null;
  /** The last answer's model, when it is another than the session's. */
  model: MessagePlan["model"];
  /** Something that pages show of the session has changed. */
  isVisible: boolean;
}

interface SessionChanges {
  changes: readonly ItemChange[];
  messages: MessagePlan;
  skippedCount: number;
}

/** A title that a person gave stays; an agent's replaces the prompt's and its own. */
export function planSession(
  session: LockedSession,
  { changes, messages, skippedCount }: SessionChanges,
): SessionPlan {
  const named =
    changes.findLast((change) => change.item.session?.title)?.item.session?.title ?? null;
  const isRenamed = named !== null && session.titleSource !== "person" && named !== session.title;
  const costUsd = add(session.costUsd, messages.costUsd);
  const tokens = add(session.tokens, messages.tokens);
  const model = messages.model?.name === session.model ? null : messages.model;
  return {
    title: isRenamed ? named : session.title,
    titleSource: isRenamed ? "agent" : session.titleSource,
    costUsd,
    tokens,
    model,
    isVisible:
      isRenamed ||
      model !== null ||
      costUsd !== session.costUsd ||
      tokens !== session.tokens ||
      skippedCount > 0,
  };
}

/** Null as long as nothing was said. */
function add(total: number | null, more: number | null): number | null {
  return more === null ? total : (total ?? 0) + more;
}
