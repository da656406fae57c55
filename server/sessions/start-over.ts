import { AppError } from "#lib/errors.ts";
import { hasLostFiles, type StepState } from "#lib/preparation.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Services } from "#server/services.ts";
import { changeSession, requireOpen } from "./change-session.ts";
import { restartSession } from "./enqueue-run.ts";
import { forgetStop } from "./stop-waiting.ts";

/**
 * Lets a session whose files cannot be brought back go on from the repository, with those of its changes that are still
 * known and fit; what was said stays. A `conflict` unless that is why it failed. The bytes that are let go of are swept;
 * a folder goes when the next owner of the session begins on its host.
 */
export async function startOver(
  services: Pick<Services, "database" | "bus" | "queue">,
  access: SessionAccess,
): Promise<void> {
  const { sessionId, generation } = access;
  await changeSession(services, access, async (tx, session) => {
    requireOpen(session);
    const [preparation] = await tx<{ steps: StepState[] }[]>`
      select steps from preparations
      where session_id = ${sessionId} and generation = ${generation}`;
    if (session.status !== "failed" || !preparation || !hasLostFiles(preparation)) {
      throw new AppError(
        "conflict",
        "Only a session whose files could not be brought back can go on without them",
        { details: { status: session.status } },
      );
    }
    await tx`delete from checkpoints where session_id = ${sessionId}`;
    await tx`
      delete from workspaces where session_id = ${sessionId} and generation = ${generation}`;
    await forgetStop(tx, access);
    await restartSession(tx, services.queue, access);
  });
}
