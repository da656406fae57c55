import { z } from "zod";
import {
  listGitCredentials,
  newGitCredential,
  removeGitCredential,
  setGitCredential,
} from "#server/profiles/git-credentials.ts";
import { newGitHubApp, setGitHubApp } from "#server/profiles/github-app.ts";
import { procedure, router } from "./trpc.ts";

/** What git servers know the team by. Tokens and keys go in and never out. */
export const gitCredentialRouter = router({
  list: procedure.query(({ ctx }) => listGitCredentials(ctx.services, ctx.viewer)),

  set: procedure.input(newGitCredential).mutation(async ({ ctx, input }) => {
    await setGitCredential(ctx.services, ctx.viewer, input);
  }),

  setApp: procedure.input(newGitHubApp).mutation(async ({ ctx, input }) => {
    await setGitHubApp(ctx.services, ctx.viewer, input);
  }),

  remove: procedure.input(z.object({ host: z.string() })).mutation(async ({ ctx, input }) => {
    await removeGitCredential(ctx.services, ctx.viewer, input.host);
  }),
});
