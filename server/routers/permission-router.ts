import { z } from "zod";
import { permissionModes } from "#lib/agent-request.ts";
import { requireSession, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { answerRequest } from "#server/permissions/answer-request.ts";
import { changePermissions, listRules, removeRule } from "#server/permissions/permission-rules.ts";
import { answerContent, optionId } from "#server/permissions/request-answer.ts";
import type { Services } from "#server/services.ts";
import { procedure, router } from "./trpc.ts";

const ID_MAX_CHARACTERS = 256;

const theSession = z.object({ sessionId: z.string() });

const access = (
  { services, viewer }: { services: Services; viewer: Viewer },
  id: string,
  action: SessionAction,
) => requireSession(services.database, viewer, { sessionId: id, action });

/** What agents ask, and what is allowed without asking. */
export const permissionRouter = router({
  /**
   * Answers what the agent asked, exactly once. `always` allows the same tool with the same input from now on, as the
   * agent's own option for that does.
   */
  answer: procedure
    .input(
      theSession.extend({
        requestId: z.string().max(ID_MAX_CHARACTERS),
        answer: z.union([z.strictObject({ optionId }), z.strictObject({ content: answerContent })]),
        always: z.boolean().default(false),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      await answerRequest(ctx.services, { viewer: ctx.viewer, access: session, ...input });
    }),

  /** What is always allowed in the session, the newest first. */
  rules: procedure.input(theSession).query(async ({ ctx, input }) => {
    return listRules(ctx.services.database, await access(ctx, input.sessionId, "read"));
  }),

  removeRule: procedure
    .input(theSession.extend({ ruleKey: z.string().max(ID_MAX_CHARACTERS) }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      await removeRule(ctx.services, session, input.ruleKey);
    }),

  /** Whether a person is asked from now on; what waits for leave is answered when all is allowed. */
  change: procedure
    .input(theSession.extend({ permissions: z.enum(permissionModes) }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      const who = { viewer: ctx.viewer, access: session };
      await changePermissions(ctx.services, who, input.permissions);
    }),
});
