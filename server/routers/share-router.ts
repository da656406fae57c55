import { z } from "zod";
import { requireSession } from "#server/accounts/policy.ts";
import { shareSession } from "#server/shares/create-share.ts";
import { listShares } from "#server/shares/list-shares.ts";
import { copyShareToken, revokeShare, rotateShareToken } from "#server/shares/manage-shares.ts";
import { newShare } from "#server/shares/new-share.ts";
import { listFindings } from "#server/shares/redaction/list-findings.ts";
import { countTurns } from "#server/shares/count-turns.ts";
import { listPrompts, readLastSeq } from "#server/shares/list-prompts.ts";
import { procedure, router } from "./trpc.ts";

const theShare = z.object({ shareId: z.string() });
const theSession = z.object({ sessionId: z.string() });

/** Links to sessions, as whoever made them manages them; what is read through them is not tRPC's. */
export const shareRouter = router({
  /** Makes a link. The token is the link's end: `/share/<token>`. */
  create: procedure
    .input(newShare)
    .output(z.object({ shareId: z.string(), token: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { shareId, token } = await shareSession(ctx.services.database, ctx.viewer, input);
      return { shareId, token };
    }),

  /** What a link of this session would show, to decide about: its turns, and secrets that were found. */
  preview: procedure.input(theSession).query(async ({ ctx, input }) => {
    const { database } = ctx.services;
    const { sessionId } = input;
    const access = await requireSession(database, ctx.viewer, { sessionId, action: "read" });
    // First: what is listed may only be newer than that.
    const seenSeq = await readLastSeq(database, access);
    const [turnCount, prompts, secrets] = await Promise.all([
      countTurns(database, access),
      listPrompts(database, access),
      listFindings(database, access),
    ]);
    return { seenSeq, turnCount, prompts, secrets };
  }),

  list: procedure
    .input(z.object({ sessionId: z.string().optional() }).default({}))
    .query(({ ctx, input }) => listShares(ctx.services.database, ctx.viewer, input)),

  copy: procedure
    .input(theShare)
    .output(z.object({ token: z.string() }))
    .mutation(({ ctx, input }) => copyShareToken(ctx.services.database, ctx.viewer, input.shareId)),

  rotate: procedure
    .input(theShare)
    .output(z.object({ token: z.string() }))
    .mutation(({ ctx, input }) =>
      rotateShareToken(ctx.services.database, ctx.viewer, input.shareId),
    ),

  revoke: procedure.input(theShare).mutation(async ({ ctx, input }) => {
    await revokeShare(ctx.services.database, ctx.viewer, input.shareId);
  }),
});
