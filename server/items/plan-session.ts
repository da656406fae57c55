import type { ItemChange, MessagePlan } from "./plan-messages.ts";
import type { SessionFacts } from "./read-session-facts.ts";

/** What items say about their session. */
export interface SessionProjection {
  title: string;
  titleSource: "prompt" | "agent" | "person";
  parentId: string | null;
  gitOrigin: string | null;
  gitBranch: string | null;
  reportedStatus: string | null;
  reportedEnd: string | null;
  model: string | null;
  modelSource: "start" | "list" | "answer";
  costUsd: number | null;
  tokens: number | null;
}

/** What the item writer reads of the session's row while it holds its lock. */
export interface LockedSession extends SessionProjection {
  teamId: string;
  counter: number;
  lastSeq: number;
  /** Turns of messages from this sort key on are still to be counted; null when all are right. */
  turnsUncountedFrom: string | null;
  skippedItemCount: number;
}

export interface SessionPlan extends SessionProjection {
  /** The last answer of the batch that names a model: it counts when none stands after it. */
  answer: MessagePlan["model"];
  /** Something that pages show of the session has changed. */
  isVisible: boolean;
}

interface SessionChanges {
  changes: readonly ItemChange[];
  messages: MessagePlan;
  /** By how many items more, or fewer, are skipped now. */
  skippedCount: number;
}

/**
 * The session's row after a batch. Only items that were stored count, so that the order of arrival does not matter:
 * what the newest version of an item says holds, and what it does not say is taken back. Two things stay: a title, for
 * a session is never without one (an agent's replaces the prompt's and its own, never a person's), and money and tokens
 * that were spent. A model that an answer names replaces the last one of a list, never the reverse.
 */
export function planSession(
  session: LockedSession,
  { changes, messages, skippedCount }: SessionChanges,
): SessionPlan {
  const facts: SessionFacts = {};
  for (const { item } of changes) Object.assign(facts, item.session);
  const after: SessionProjection = {
    ...planTitle(session, facts),
    ...planListedModel(session, facts),
    parentId: said(facts.parentId, session.parentId),
    gitOrigin: said(facts.gitOrigin, session.gitOrigin),
    gitBranch: said(facts.gitBranch, session.gitBranch),
    reportedStatus: said(facts.reportedStatus, session.reportedStatus),
    reportedEnd: said(facts.reportedEnd, session.reportedEnd),
    costUsd: add(session.costUsd, messages.costUsd),
    tokens: add(session.tokens, messages.tokens),
  };
  const answer = planAnswer(session, messages.model);
  const isChanged = (Object.keys(after) as (keyof SessionProjection)[]).some(
    (name) => after[name] !== session[name],
  );
  return { ...after, answer, isVisible: isChanged || answer !== null || skippedCount !== 0 };
}

function planTitle(
  { titleSource, title }: LockedSession,
  facts: SessionFacts,
): Pick<SessionProjection, "title" | "titleSource"> {
  if (!facts.title || facts.title === title || titleSource === "person")
    return { title, titleSource };
  return { title: facts.title, titleSource: "agent" };
}

function planListedModel(
  { modelSource, model }: LockedSession,
  { listedModel }: SessionFacts,
): Pick<SessionProjection, "model" | "modelSource"> {
  if (listedModel === undefined || modelSource === "answer") return { model, modelSource };
  if (listedModel === null)
    return { model: modelSource === "list" ? null : model, modelSource: "start" };
  return { model: listedModel, modelSource: "list" };
}

function planAnswer(
  { model, modelSource }: LockedSession,
  answer: MessagePlan["model"],
): MessagePlan["model"] {
  return answer?.name === model && modelSource === "answer" ? null : answer;
}

const said = (fact: string | null | undefined, before: string | null) =>
  fact === undefined ? before : fact;

/** Null as long as nothing was said. Sums of fractions may end a hair below zero. */
function add(total: number | null, more: number | null): number | null {
  return more === null ? total : Math.max(0, (total ?? 0) + more);
}
