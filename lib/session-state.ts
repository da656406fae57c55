import type { AgentSettingsState } from "./agent-settings.ts";
import type { Attachment } from "./attachment.ts";
import type { AgentRequest, PermissionMode } from "./agent-request.ts";
import type { PreparationState } from "./preparation.ts";
import type { SetupProposal } from "./setup-proposal.ts";
import type { Shelf } from "./shelf.ts";
import type { Upload } from "./upload.ts";

/**
 * The one vocabulary for what a session is doing. `prepared`: waits to be initiated. `working`, `needs_you`
 * and `idle` imply that the first prompt has started, which is what pages call ready; of a session that was brought here
 * `idle` says that its items are stored, and `failed` that they could not be read to their end.
 */
export const sessionStatuses = [
  "preparing",
  "prepared",
  "working",
  "needs_you",
  "idle",
  "failed",
  // Was brought here, and nothing of it is stored.
  "empty",
  // Said of what lies in the archive, or the trash, whatever it was doing before: it can only be read.
  "archived",
  "trashed",
] as const;

export type SessionStatus = (typeof sessionStatuses)[number];

/** `accepted` by us, `delivered` to the agent, `started` with its first update, `settled` for good. */
export type PromptStatus = "accepted" | "delivered" | "started" | "settled";

export type PromptOutcome = "completed" | "failed" | "interrupted" | "cancelled";

/**
 * Its `turn`, which comes by itself; or what somebody has to do with the session: `retry` after it failed before the
 * agent had begun with the prompt, `initiate` where it was held back.
 */
export type PromptWait = "turn" | "retry" | "initiate";

/** A prompt as pages show it next to the transcript; the prompt of a turn is an item from `started` on. */
export interface PromptState {
  messageId: string;
  text: string;
  attachments: Attachment[];
  status: PromptStatus;
  /** What brings an accepted one to the agent; null for one that it has, or that has ended. */
  waitsFor: PromptWait | null;
  outcome: PromptOutcome | null;
  /** Why it failed, safe to show. */
  message: string | null;
  createdAt: string;
  /** When the agent got it; null until then, … */
  deliveredAt: string | null;
  /** … when it began with it, … */
  startedAt: string | null;
  /** … and when it ended, however it did. */
  settledAt: string | null;
}

/** The first live frame and the header of a session's page. A greater `revision` replaces a smaller one. */
export interface SessionState {
  sessionId: string;
  generation: number;
  revision: number;
  status: SessionStatus;
  title: string;
  /** As the person typed it, credentials refused: a URL, `owner/name`, or a path. What a session that was brought here
   * says it was about; null when it does not. */
  repository: string | null;
  /** False for a session that was brought here: there is nothing that an agent could work on. */
  hasWorkspace: boolean;
  /** The branch that was asked for, or the default one once known. */
  baseBranch: string | null;
  /** The branch that the agent works on. */
  workBranch: string | null;
  /** Null where whoever brought the session did not say. */
  agentId: string | null;
  agentVersion: string | null;
  model: string | null;
  /** Name of the environment that it was started with; null without one. */
  profileName: string | null;
  /** What its repository proposes to run and nobody has decided about; null for nothing. */
  proposal: SetupProposal | null;
  /** What can be chosen in its agent; null before the agent has said. */
  agentSettings: AgentSettingsState | null;
  createdAt: string;
  shelf: Shelf;
  isPinned: boolean;
  /** When the first prompt started; null until then. */
  readyAt: string | null;
  /** Of the running or last turn. */
  turnStartedAt: string | null;
  turnEndedAt: string | null;
  /** Since when what runs now has been asked to stop; null when nobody asked. */
  interruptRequestedAt: string | null;
  /** Whether a person is asked before the agent's tools run. */
  permissions: PermissionMode;
  /** What the agent asked and waits for, oldest first. */
  requests: AgentRequest[];
  /** Since when the running turn has shown no sign of life, once that is long ago; else null. */
  silentSince: string | null;
  /** Why the session failed, safe to show. */
  message: string | null;
  /** Place in the line when all slots for running sessions are taken, from 1. */
  slotPosition: number | null;
  costUsd: number | null;
  tokens: number | null;
  skippedItemCount: number;
  /** How many outputs there are, and the position of their last change: read them again when it grows. */
  outputs: { count: number; seq: number };
  /** Uploads that are under way, and those that failed; the newest, in the order in which they were accepted. */
  uploads: Upload[];
  preparation: PreparationState | null;
  /** Prompts that wait, run, or ended without being completed, oldest first. */
  prompts: PromptState[];
}
