import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import { deleteCheckpoints } from "#server/checkpoints/delete-checkpoints.ts";
import type { Services } from "#server/services.ts";
import { changeSession, requireOpen } from "./change-session.ts";
import { restartSession } from "./enqueue-run.ts";

/**
 * Lets a session whose files cannot be brought back go on from the repository, as if its agent had changed nothing; what
 * was said stays. A `conflict` unless the session has failed. The bytes that are let go of are swept.
 */
export async function startOver(
  services: Pick<Services, "database" | "bus" | "queue">,
  access: SessionAccess,
): Promise<void> {
  const { sessionId, generation } = access;
  await changeSession(services, access, async (tx, session) => {
    requireOpen(session);
    if (session.status !== "failed") {
      throw new AppError("conflict", "Only a session that failed can go on without its files", {
        details: { status: session.status },
      });
    }
    await deleteCheckpoints(tx, sessionId);
    await tx`
      delete from workspaces where session_id = ${sessionId} and generation = ${generation}`;
    await restartSession(tx, services.queue, access);
  });
}
