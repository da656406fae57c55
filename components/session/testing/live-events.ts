import type {
  DeltaEvent,
  ItemEvent,
  LiveEvent,
  PreparingEvent,
  WireItem,
} from "#lib/live-protocol.ts";
import {
  pendingSteps,
  type PreparationState,
  type PreparationStep,
  type StepStatus,
} from "#lib/preparation.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import { applyLiveEvents } from "../apply-live-events.ts";
import { createSessionView } from "../loaded-window.ts";
import { textOf, type SessionView } from "../session-view.ts";

const sessionId = "ses_000000000000AAAAAAAAAAAAAA";

/** A session at work, whose preparation is not known. */
export function sessionState(change: Partial<SessionState> = {}): SessionState {
  return {
    sessionId,
    generation: 1,
    revision: 1,
    status: "working",
    title: "Add a health check",
    repository: "owner/name",
    baseBranch: null,
    workBranch: null,
    agentId: "built-in",
    agentVersion: null,
    model: null,
    agentSettings: null,
    createdAt: "2026-11-20T12:00:00.000Z",
    shelf: "open",
    isPinned: false,
    readyAt: null,
    turnStartedAt: null,
    turnEndedAt: null,
    interruptRequestedAt: null,
    permissions: "allow",
    requests: [],
    silentSince: null,
    profileName: null,
    proposal: null,
    message: null,
    hasWorkspace: true,
    uploads: [],
    slotPosition: null,
    costUsd: null,
    tokens: null,
    skippedItemCount: 0,
    outputs: { count: 0, seq: 0 },
    preparation: null,
    prompts: [],
    ...change,
  };
}

export function preparation(change: Partial<PreparationState> = {}): PreparationState {
  return { attempt: 1, revision: 1, status: "running", steps: pendingSteps(), ...change };
}

/** News of one step of the first attempt; revision 2. */
export function preparing(
  step: PreparationStep,
  status: StepStatus,
  change: Partial<PreparingEvent> = {},
): PreparingEvent {
  const base = pendingSteps([step]).find((state) => state.step === step);
  if (!base) throw new Error(step);
  return {
    type: "preparing",
    generation: 1,
    attempt: 1,
    revision: 2,
    step: { ...base, status },
    ...change,
  };
}

/** An empty part of `msg_1`. */
export function wireItem(change: Partial<WireItem>): WireItem {
  return {
    type: "part",
    messageId: "msg_1",
    partId: "",
    firstSeq: 1,
    seq: 1,
    body: "{}",
    byteSize: 2,
    preview: null,
    deleted: false,
    ...change,
  };
}

export const itemEvent = (item: WireItem): ItemEvent => ({ type: "item", seq: item.seq, item });

export function message(messageId: string, seq: number, createdMs = seq): ItemEvent {
  const body = JSON.stringify({ id: messageId, role: "assistant", time: { created: createdMs } });
  return itemEvent(wireItem({ type: "message", messageId, firstSeq: seq, seq, body }));
}

export function textPart(partId: string, seq: number, data: string | object): ItemEvent {
  const text = typeof data === "string" ? { text: data } : data;
  const body = JSON.stringify({ type: "text", ...text });
  return itemEvent(wireItem({ partId, firstSeq: seq, seq, body }));
}

export function delta(offset: number, text: string, partId = "prt_1"): DeltaEvent {
  return { type: "delta", messageId: "msg_1", partId, partType: "text", offset, text };
}

/** A window of an empty transcript. */
export function transcriptPage(change: Partial<TranscriptPage> = {}): TranscriptPage {
  return {
    items: [],
    cursor: { generation: 1, seq: 0 },
    before: null,
    after: null,
    endsInTurn: false,
    holes: [],
    firstPromptId: null,
    around: null,
    ...change,
  };
}

/** What a page shows that was empty and then got these events. */
export function viewOf(...events: LiveEvent[]): SessionView {
  return applyLiveEvents(createSessionView(sessionState(), transcriptPage()), events);
}

export const order = (view: SessionView) => view.messages.map(({ messageId }) => messageId);
export const textIn = (view: SessionView, index = 0) => {
  const part = view.messages[0]?.parts[index];
  return part ? textOf(part) : undefined;
};
