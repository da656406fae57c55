import { z } from "zod";
import { proposalDecisions } from "#lib/setup-proposal.ts";
import { requireSession } from "#server/accounts/policy.ts";
import {
  createProfile,
  deleteProfile,
  removeSecret,
  setSecret,
  updateProfile,
} from "#server/profiles/change-profile.ts";
import { listProfiles } from "#server/profiles/list-profiles.ts";
import { newProfile, newSecret } from "#server/profiles/profile-input.ts";
import { decideProposal } from "#server/profiles/setup-proposals.ts";
import { procedure, router } from "./trpc.ts";

const theProfile = z.object({ profileId: z.string() });

/** The environments of the team. Values of secrets go in and never out. */
export const profileRouter = router({
  list: procedure.query(({ ctx }) => listProfiles(ctx.services.database, ctx.viewer)),

  create: procedure
    .input(newProfile)
    .output(theProfile)
    .mutation(({ ctx, input }) => createProfile(ctx.services, ctx.viewer, input)),

  update: procedure.input(newProfile.extend(theProfile.shape)).mutation(async ({ ctx, input }) => {
    await updateProfile(ctx.services, ctx.viewer, input);
  }),

  delete: procedure.input(theProfile).mutation(async ({ ctx, input }) => {
    await deleteProfile(ctx.services, ctx.viewer, input.profileId);
  }),

  setSecret: procedure
    .input(newSecret.extend(theProfile.shape))
    .mutation(async ({ ctx, input }) => {
      await setSecret(ctx.services, ctx.viewer, input);
    }),

  /** Of what a session's repository proposes: it runs in workspaces that are made from now on, or never. */
  decideProposal: procedure
    .input(
      z.object({
        sessionId: z.string(),
        hash: z.string().max(64),
        decision: z.enum(proposalDecisions),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { services, viewer } = ctx;
      const { sessionId, ...decided } = input;
      const access = await requireSession(services.database, viewer, {
        sessionId,
        action: "write",
      });
      await decideProposal(services, { viewer, access }, decided);
    }),

  removeSecret: procedure
    .input(theProfile.extend({ name: z.string() }))
    .mutation(async ({ ctx, input }) => {
      await removeSecret(ctx.services, ctx.viewer, input);
    }),
});
