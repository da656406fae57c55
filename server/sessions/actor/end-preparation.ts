import type { AppError } from "#lib/errors.ts";
import { pendingSteps } from "#lib/preparation.ts";
import { endRequests } from "#server/permissions/end-requests.ts";
import type { Services } from "#server/services.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { forgetStop } from "../stop-waiting.ts";
import type { ActorView } from "./actor-view.ts";
import { isHalfRestored } from "./restore-workspace.ts";
import { endTurn, returnPrompt } from "./settle-prompts.ts";
import { forgetWorkspace } from "./workspace-row.ts";

/** Prepared without a prompt to deliver: held back, or a session that goes on after its agent had ended. */
export async function markPrepared(
  services: Pick<Services, "database" | "bus">,
  ownership: Ownership,
  view: ActorView,
): Promise<void> {
  const { sessionId, generation } = ownership;
  await changeOwnSession(services, ownership, async (tx) => {
    const status = view.ready ? (view.prompt ? "working" : "idle") : "prepared";
    await tx`
      update sessions set status = ${status}, status_message = null where id = ${sessionId}`;
    await tx`
      update preparations
      set status = ${view.ready ? "ready" : "prepared"}, revision = revision + 1, updated_at = now()
      where session_id = ${sessionId} and generation = ${generation}`;
  });
}

interface FailOptions {
  ownership: Ownership;
  view: ActorView;
  error: AppError;
  /**
   * The server ends and the attempt with it: the next worker begins it again, unless the agent had the prompt. A Stop
   * that came meanwhile is that worker's to carry out.
   */
  beginAgain: boolean;
}

/**
 * Records that the attempt failed and rolls back what it left. The session and its prompt stay, for Retry; a prompt
 * that had started is settled, because it is never sent twice.
 */
export async function failPreparation(
  services: Services,
  { ownership, view, error, beginAgain }: FailOptions,
): Promise<void> {
  const { sessionId, generation } = ownership;
  const wasReady = await changeOwnSession(services, ownership, async (tx, session) => {
    if (session.ready && !view.ready) {
      // It became ready in this attempt: what failed is the turn, and the agent has worked in the folder.
      await tx`
        update prompts
        set status = 'settled', outcome = 'failed', message = ${error.message}, settled_at = now()
        where session_id = ${sessionId} and generation = ${generation}
          and status in ('delivered', 'started')`;
      await endTurn(tx, ownership);
      return true;
    }
    const delivered = await returnPrompt(tx, ownership);
    await endRequests(tx, ownership, "expired");
    await tx`update sessions set silent_since = null where id = ${sessionId}`;
    const status = beginAgain && !delivered ? "waiting" : "failed";
    const steps = status === "waiting" ? JSON.stringify(pendingSteps()) : null;
    if (status === "failed") {
      await forgetStop(tx, ownership);
      await tx`
        update sessions set status = 'failed', status_message = ${error.message}
        where id = ${sessionId}`;
    }
    await tx`
      update preparations
      set status = ${status}, revision = revision + 1, updated_at = now(),
        steps = coalesce(${steps}::text::jsonb, steps)
      where session_id = ${sessionId} and generation = ${generation}`;
    return session.ready;
  });
  // After the row and its fence were checked: only the owner removes a folder, and none that an agent has worked in.
  if (!wasReady || (await isHalfRestored(services, ownership))) {
    const { DATA_DIR: dataDir } = services.environment;
    await forgetWorkspace(services, ownership, workspaceFolders({ dataDir, ...ownership }));
  }
}
