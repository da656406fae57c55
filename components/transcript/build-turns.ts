import type { Attachment } from "#lib/attachment.ts";
import type { PromptState } from "#lib/session-state.ts";
import { messageSortKey } from "#lib/message-sort-key.ts";
import { readText } from "#lib/json.ts";
import type { MessageView, SessionView } from "#components/session/session-view.ts";
import { createdAt } from "./created-at.ts";

/** A prompt and everything until the next one. The first may have no prompt when the transcript begins in its middle. */
export interface Turn {
  /** Of the prompt's message, or of the first answer where there is no prompt. */
  id: string;
  prompt: TurnPrompt | null;
  answers: readonly MessageView[];
  /** Some of it is not loaded. */
  isCut: boolean;
}

export interface TurnPrompt {
  messageId: string;
  /** Null until the agent has begun with it. */
  message: MessageView | null;
  /** How it is getting on; null once it was completed. */
  state: PromptState | null;
}

type TurnsView = Pick<SessionView, "messages" | "state"> &
  Partial<Pick<SessionView, "before" | "after" | "endsInTurn" | "firstPromptId">>;

export interface Transcript {
  turns: readonly Turn[];
  /** Prompts that wait for their turn, oldest first. */
  waiting: readonly PromptState[];
}

/**
 * Cuts a session into turns. A prompt that the agent has not begun with stands as a turn of its own when it is next
 * (so that nothing moves once its message comes), and waits beside the composer when another turn is running. An answer
 * whose prompt has no message yet, because its first words came before it, belongs to the prompt that is under way. One
 * that ended before the agent had begun with it stands where it ended.
 */
export function buildTurns(view: TurnsView): Transcript {
  const { messages, state, before = null, endsInTurn = false, firstPromptId = null } = view;
  const { standing, waiting } = splitPending(view);
  const promptStates = new Map(state.prompts.map((prompt) => [prompt.messageId, prompt]));
  const next = standing.find(({ outcome }) => outcome === null);
  const early: MessageView[] = [];
  const turns: Turn[] = [];
  for (const message of messages) {
    const { messageId } = message;
    const last = turns.at(-1);
    const promptState = promptStates.get(messageId) ?? null;
    if (message.role === "user" || promptState !== null)
      turns.push({
        id: messageId,
        prompt: { messageId, message, state: promptState },
        answers: [],
        isCut: false,
      });
    else if (next && isEarlyAnswer(message, next)) early.push(message);
    else if (last) turns[turns.length - 1] = { ...last, answers: [...last.answers, message] };
    else {
      const id = (before === null ? null : firstPromptId) ?? messageId;
      turns.push({ id, prompt: null, answers: [message], isCut: before !== null });
    }
  }
  const last = turns.at(-1);
  if (endsInTurn && last) turns[turns.length - 1] = { ...last, isCut: true };
  for (const prompt of standing) {
    const { messageId } = prompt;
    turns.splice(placeOf(prompt, turns), 0, {
      id: messageId,
      prompt: { messageId, message: null, state: prompt },
      answers: prompt === next ? early : [],
      isCut: false,
    });
  }
  return { turns, waiting };
}

/** Before the first turn that began after it had ended. */
function placeOf({ messageId, settledAt }: PromptState, turns: readonly Turn[]): number {
  if (settledAt === null) return turns.length;
  const endKey = messageSortKey(Date.parse(settledAt), messageId);
  const index = turns.findIndex(({ prompt, answers }) => {
    const first = prompt === null ? answers[0] : prompt.message;
    return (first?.sortKey ?? "") > endKey;
  });
  return index === -1 ? turns.length : index;
}

/**
 * Prompts that are no message yet: those that stand in the transcript, and those that wait beside the composer. Where
 * the end of the transcript is not loaded none stands in it, and what has ended before the first message is elsewhere.
 */
function splitPending({ messages, state, before = null, after = null }: TurnsView) {
  const seen = new Set(messages.map(({ messageId }) => messageId));
  const pending = state.prompts.filter(
    (prompt) => !seen.has(prompt.messageId) && prompt.outcome !== "cancelled",
  );
  const isBusy = state.status === "working" || state.status === "needs_you";
  const waits = (prompt: PromptState, index: number) =>
    prompt.status === "accepted" &&
    (isBusy || pending.slice(0, index).some(({ status }) => status !== "settled"));
  const firstMs = before === null ? null : messages[0] ? createdAt(messages[0]) : null;
  const isElsewhere = ({ outcome, createdAt: createdIso }: PromptState) =>
    after !== null || (outcome !== null && firstMs !== null && Date.parse(createdIso) < firstMs);
  return {
    standing: pending.filter((each, index) => !waits(each, index) && !isElsewhere(each)),
    waiting: pending.filter(waits),
  };
}

/** Of a message of which only parts have come nothing is known but that it is new. */
function isEarlyAnswer(message: MessageView, next: PromptState): boolean {
  return message.sortKey === null || readText(message.data, "parentID") === next.messageId;
}

/** True when drawing the turn again would give the same picture. */
export function isSameTurn(before: Turn, after: Turn): boolean {
  return (
    before.id === after.id &&
    before.isCut === after.isCut &&
    before.prompt?.message === after.prompt?.message &&
    isSamePromptState(before.prompt?.state ?? null, after.prompt?.state ?? null) &&
    before.answers.length === after.answers.length &&
    before.answers.every((answer, index) => answer === after.answers[index])
  );
}

function isSamePromptState(before: PromptState | null, after: PromptState | null): boolean {
  if (before === null || after === null) return before === after;
  return (
    before.status === after.status &&
    before.waitsFor === after.waitsFor &&
    before.outcome === after.outcome &&
    before.message === after.message &&
    before.text === after.text &&
    isSameFiles(before.attachments, after.attachments)
  );
}

/** A file is never changed under its id. */
function isSameFiles(before: readonly Attachment[], after: readonly Attachment[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ attachmentId }, index) => attachmentId === after[index]?.attachmentId)
  );
}
