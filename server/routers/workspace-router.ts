import { z } from "zod";
import { requireSession } from "#server/accounts/policy.ts";
import { findChanges } from "#server/changes/read-changes.ts";
import { findLastPush } from "#server/pushes/read-push.ts";
import { newPush, requestPush } from "#server/pushes/request-push.ts";
import { startOver } from "#server/sessions/start-over.ts";
import { procedure, router } from "./trpc.ts";

const theSession = z.object({ sessionId: z.string() });
const atRevision = theSession.extend({
  /** Of the session as the page knows it: another one is another question. */
  revision: z.number().int().optional(),
});

/** The files that a session works on. */
export const workspaceRouter = router({
  /** What has changed in them, in numbers; the patch comes from `/api/v1/sessions/:id/changes.patch`. */
  changes: procedure.input(atRevision).query(async ({ ctx, input }) => {
    const { sessionId } = input;
    const access = { sessionId, action: "read" } as const;
    const session = await requireSession(ctx.services.database, ctx.viewer, access);
    return findChanges(ctx.services, session);
  }),

  /** How the last push to a branch went; null before the first one. */
  lastPush: procedure.input(atRevision).query(async ({ ctx, input }) => {
    const { sessionId } = input;
    const access = { sessionId, action: "read" } as const;
    const session = await requireSession(ctx.services.database, ctx.viewer, access);
    return findLastPush(ctx.services.database.sql, session);
  }),

  /** Has the session's work sent to a branch; what becomes of it is told by `lastPush`. */
  push: procedure
    .input(theSession.extend(newPush.shape))
    .mutation(async ({ ctx, input: { sessionId, ...input } }) => {
      const { services, viewer } = ctx;
      const asked = { sessionId, action: "write" } as const;
      const access = await requireSession(services.database, viewer, asked);
      return requestPush(services, { viewer, access }, input);
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
