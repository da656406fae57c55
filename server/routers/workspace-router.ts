import { z } from "zod";
import { requireSession } from "#server/accounts/policy.ts";
import { findChanges } from "#server/changes/read-changes.ts";
import { startOver } from "#server/sessions/start-over.ts";
import { procedure, router } from "./trpc.ts";

const theSession = z.object({ sessionId: z.string() });

/** The files that a session works on. */
export const workspaceRouter = router({
  /** What has changed in them, in numbers; the patch comes from `/api/v1/sessions/:id/changes.patch`. */
  changes: procedure
    .input(
      theSession.extend({
        /** Of the session as the page knows it: another one is another question. */
        revision: z.number().int().optional(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { sessionId } = input;
      const access = { sessionId, action: "read" } as const;
      const session = await requireSession(ctx.services.database, ctx.viewer, access);
      return findChanges(ctx.services, session);
    }),

  /** A session whose files cannot be brought back goes on from the repository. */
  startOver: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    const session = await requireSession(ctx.services.database, ctx.viewer, {
      ...input,
      action: "write",
    });
    await startOver(ctx.services, session);
  }),
});
