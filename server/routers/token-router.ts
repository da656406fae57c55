import { z } from "zod";
import {
  createApiToken,
  listApiTokens,
  newApiToken,
  revokeApiToken,
} from "#server/accounts/api-tokens.ts";
import { procedure, router } from "./trpc.ts";

/** The API tokens of whoever is signed in, in the team that is signed in to. */
export const tokenRouter = router({
  list: procedure.query(({ ctx }) => listApiTokens(ctx.services.database, ctx.viewer)),

  /** The answer is the only time that the secret is told. */
  create: procedure
    .input(newApiToken)
    .output(z.object({ tokenId: z.string(), secret: z.string() }))
    .mutation(({ ctx, input }) => createApiToken(ctx.services.database, ctx.viewer, input)),

  revoke: procedure.input(z.object({ tokenId: z.string() })).mutation(async ({ ctx, input }) => {
    await revokeApiToken(ctx.services.database, ctx.viewer, input.tokenId);
  }),
});
