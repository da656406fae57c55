import { createPartId } from "#lib/ids.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import type { DeltaEvent } from "#lib/live-protocol.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { applyUpdate } from "./acp-to-items.ts";
import { applyCompactCommand } from "./compaction.ts";
import { createDeltaPublisher } from "./delta-publisher.ts";
import { endTurn, type TurnEnd } from "./end-turn.ts";
import { createItemWriteQueue } from "./item-write-queue.ts";
import { partSize } from "./part-size.ts";
import { createPartRelease } from "./release-parts.ts";
import { type Schedule, scheduleTimeout } from "./schedule.ts";
import { type RecordedSession, sessionItem, withTurn } from "./session-info.ts";
import { createTurnItems, type ItemChange } from "./turn-items.ts";
import { createTurnMessages, messageItem, partItem } from "./turn-messages.ts";

export interface TurnRecorderOptions {
  sessionId: string;
  /** Becomes the id of the prompt's message. */
  promptMessageId: string;
  promptText: string;
  agentLabel: string;
  modelId?: string | null;
  /** The session's own item before this turn; left out or null, none is written. */
  session?: RecordedSession | null;
  /** What the session has cost before this turn, US dollars: agents report sums. */
  costBeforeUsd?: number;
  /** Tokens in the agent's context before this turn, where it has told them. */
  contextBefore?: number | undefined;
  /** Whether the agent shortens its context at `/compact`; asked at the end of the turn. Left out, it does not. */
  takesCompact?(): boolean;
  /** Stores items durably; rejecting it fails the turn. Calls never overlap. */
  writeItems(items: ItemInput[]): Promise<void>;
  /** Volatile; must not throw. */
  publish(event: DeltaEvent): void;
  /** The agent began with this prompt; called once, before anything is written. */
  onStart?(): void;
  /** The agent gave the session a title. */
  onTitle?(title: string): void;
  now?(): number;
  schedule?: Schedule;
}

export interface TurnSummary {
  /** False when the turn failed before the agent began with it: then nothing was written, and the prompt is no item. */
  isStarted: boolean;
  assistantMessageId: string;
  /** US dollars of the session up to the end of this turn. */
  costUsd: number;
  /** Input, output and reasoning tokens of this turn; 0 when the agent does not tell. */
  tokens: number;
  /** Tokens in the agent's context after this turn; undefined where it has never told them. */
  contextUsed: number | undefined;
}

/** Turns one prompt's updates into items and deltas. */
export interface TurnRecorder {
  /** Throws once a write has failed. A promise means: take no more until it settles. Ignored after `finish`. */
  onUpdate(update: AgentUpdate): void | Promise<void>;
  /** Ends the turn; resolves when everything is stored, rejects when something could not be. Safe to repeat. */
  finish(end: TurnEnd): Promise<TurnSummary>;
  /** Rejects as soon as a write fails, for whoever waits for an agent that is silent. */
  failed: Promise<never>;
}

const SESSION = "session";
const PROMPT_MESSAGE = "prompt-message";
const PROMPT_PART = "prompt-part";
const ANSWER_MESSAGE = "answer-message";

export function createTurnRecorder(options: TurnRecorderOptions): TurnRecorder {
  const { now = Date.now, schedule = scheduleTimeout } = options;
  const { message, part: promptPart, answer } = createTurnMessages(options, now());
  const turn = createTurnItems(answer, {
    costBefore: options.costBeforeUsd,
    contextBefore: options.contextBefore,
  });
  const deltas = createDeltaPublisher({ publish: options.publish, schedule });
  const release = createPartRelease(turn);
  const onStored = release.stored;
  const queue = createItemWriteQueue({ ...options, now, schedule, read, onStored, sizeOf });
  const { session = null } = options;
  let isStarted = false;
  let finished: Promise<TurnSummary> | null = null;

  function read(key: string): ItemInput {
    // What a watcher has seen as deltas is never ahead of an item that it gets later.
    deltas.flush();
    if (key === SESSION) return sessionItem(readSession());
    if (key === PROMPT_MESSAGE) return messageItem(message);
    if (key === PROMPT_PART) return partItem(promptPart);
    if (key === ANSWER_MESSAGE) return messageItem(turn.message);
    return partItem(turn.parts.get(key)!);
  }

  function readSession() {
    if (!session) throw new Error("The session has an item of its own");
    const { message: counted, costBefore } = turn;
    return withTurn(session.info, { message: counted, costBefore, now: now() });
  }

  function sizeOf(key: string): number {
    const part = turn.parts.get(key);
    return part ? partSize(part) : 0;
  }

  function start(): void {
    if (isStarted) return;
    isStarted = true;
    options.onStart?.();
    const startedAt = now();
    message.time.created = startedAt;
    promptPart.time = { start: startedAt, end: startedAt };
    turn.message.time.created = startedAt;
    for (const key of [PROMPT_MESSAGE, PROMPT_PART, ANSWER_MESSAGE])
      queue.mark(key, { urgent: true });
    markSession({ urgent: true });
  }

  function markSession(change: { urgent: boolean }): void {
    if (session) queue.mark(SESSION, change);
  }

  function takeTitle(title: string): void {
    options.onTitle?.(title);
    if (!session || session.isTitleFixed) return;
    session.info.title = title.slice(0, TITLE_MAX_CHARACTERS);
    if (isStarted) markSession({ urgent: false });
  }

  function record(changes: ItemChange[]): void {
    for (const change of changes) {
      if (change.kind === "message") queue.mark(ANSWER_MESSAGE, change);
      else if (change.kind === "part") {
        release.changed(change.partId);
        queue.mark(change.partId, change);
      } else {
        const { partId, partType, offset, text } = change;
        deltas.push({ messageId: turn.message.id, partId, partType, offset, text });
        queue.mark(partId, { urgent: false });
      }
    }
  }

  async function end(turnEnd: TurnEnd): Promise<TurnSummary> {
    if (!isStarted && "error" in turnEnd) return summary();
    start();
    const isDone = "stopReason" in turnEnd && turnEnd.stopReason === "end_turn";
    if (isDone && options.takesCompact?.())
      record(applyCompactCommand(turn, { ...options, now: now(), createPartId }));
    record(endTurn(turn, turnEnd, now()));
    markSession({ urgent: true });
    await queue.flush();
    return summary();
  }

  function summary(): TurnSummary {
    const { id, cost, tokens, context } = turn.message;
    return {
      isStarted,
      assistantMessageId: id,
      costUsd: turn.costBefore + cost,
      tokens: tokens.input + tokens.output + tokens.reasoning,
      contextUsed: context?.used ?? turn.contextBefore,
    };
  }

  return {
    failed: queue.failed,

    onUpdate(update) {
      if (finished) return undefined;
      if (!isSetting(update)) start();
      const title = update.sessionUpdate === "session_info_update" ? update["title"] : null;
      if (typeof title === "string" && isRealTitle(title)) takeTitle(title);
      const changes = applyUpdate(turn, update, { now: now(), createPartId });
      if (isStarted) record(changes);
      return queue.pressure();
    },

    finish: (turnEnd) => (finished ??= end(turnEnd)),
  };
}

/**
 * Agents tell these when they like, often between opening the session and the first word about a prompt; OpenCode
 * also counts usage just before it reports that its model refused.
 */
const settingKinds = new Set([
  "available_commands_update",
  "current_mode_update",
  "config_option_update",
  "session_info_update",
  "usage_update",
]);
const isSetting = ({ sessionUpdate }: AgentUpdate) => settingKinds.has(sessionUpdate);

/** OpenCode says "New session - <date>" until its model has found a title. */
const isRealTitle = (title: string) =>
  title.trim() !== "" && !/^(New|Child) session - /.test(title);
