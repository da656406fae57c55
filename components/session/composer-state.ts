import { PROMPTS_WAITING_MAX } from "#lib/limits.ts";
import type { SessionState } from "#lib/session-state.ts";

export interface ComposerState {
  isLocked: boolean;
  /** Why it is locked, or what Enter does. */
  note: string;
}

const locked = (note: string): ComposerState => ({ isLocked: true, note });
const open = (note: string): ComposerState => ({ isLocked: false, note });

/** Whether a follow-up can be sent now, and what becomes of it. */
export function composerState({
  status,
  hasWorkspace,
  readyAt,
  prompts,
}: SessionState): ComposerState {
  const waitingCount = prompts.filter((prompt) => prompt.status === "accepted").length;
  if (status === "trashed") return locked("Sessions in the trash can only be read.");
  if (status === "archived") return locked("Archived sessions can only be read.");
  if (!hasWorkspace || status === "empty")
    return locked("This session was brought here: there is no workspace to go on in.");
  if (status === "failed" && readyAt === null)
    return locked("Unlocks when the preparation is tried again.");
  if (waitingCount >= PROMPTS_WAITING_MAX)
    return locked(`${PROMPTS_WAITING_MAX} prompts are waiting. Unlocks when one is taken up.`);
  switch (status) {
    case "working":
    case "needs_you":
      return open("Enter queues it for after this turn.");
    case "prepared":
      return open("Enter queues it behind the first prompt, which waits for you.");
    case "preparing":
      if (readyAt === null) return open("Enter queues it for after the first prompt.");
      return open("Enter queues it for when the workspace is ready again.");
    case "failed":
      return open("Enter sends it and tries to bring the agent back.");
    case "idle":
      return open("Enter sends it. Shift Enter for a new line.");
  }
}
