import { z } from "zod";
import { requireSession, type SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { findInSession } from "#server/items/find-in-session.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import { readOutline } from "#server/items/read-outline.ts";
import { readPage } from "#server/items/read-page.ts";
import { readUsage } from "#server/items/read-usage.ts";
import type { Services } from "#server/services.ts";
import { procedure, router } from "./trpc.ts";

const OUTLINE_PROMPTS = 200;
const FOUND_MAX = 100;
const FIND_BUDGET_MS = 700;
const FIND_MAX_CHARACTERS = 500;
const USAGE_BUDGET_MS = 2_000;

const theSession = z.object({ sessionId: z.string() });
const place = z.string().max(1_024);
const withoutNul = (text: string) => !text.includes("\0");

interface Caller {
  services: Services;
  viewer: Viewer;
}

const access = ({ services, viewer }: Caller, id: string): Promise<SessionAccess> =>
  requireSession(services.database, viewer, { sessionId: id, action: "read" });

/** What a viewer reads of a session; see `lib/transcript.ts`. */
export const transcriptRouter = router({
  /** A window of the transcript: its end, or what lies before, after or around a place. */
  window: procedure
    .input(
      theSession.extend({
        before: place.optional(),
        after: place.optional(),
        around: place.optional(),
        only: z.literal("answers").optional(),
        isFirst: z.boolean().optional(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { sessionId, ...query } = input;
      return readPage(ctx.services.database, await access(ctx, sessionId), query);
    }),

  /** A page of prompts, each with what its turn took. */
  outline: procedure
    .input(theSession.extend({ after: place.optional() }))
    .query(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId);
      return readOutline(ctx.services.database, {
        ...session,
        after: input.after,
        maxCount: OUTLINE_PROMPTS,
      });
    }),

  /** Where a text stands; one answer goes as far as its time allows. */
  find: procedure
    .input(
      theSession.extend({
        text: z
          .string()
          .min(1)
          .max(FIND_MAX_CHARACTERS)
          .refine(withoutNul, "The text holds a NUL character"),
        after: place.optional(),
        isThorough: z.boolean().optional(),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { sessionId, ...query } = input;
      const session = await access(ctx, sessionId);
      return findInSession(ctx.services.database, {
        ...session,
        ...query,
        openLarge: async ({ seq }) =>
          (await openItemBody(ctx.services, { ...session, seq })).stream,
        maxFound: FOUND_MAX,
        budgetMs: FIND_BUDGET_MS,
      });
    }),

  /** What all answers together used. */
  usage: procedure.input(theSession).query(async ({ ctx, input }) => {
    const session = await access(ctx, input.sessionId);
    return readUsage(ctx.services.database, { ...session, budgetMs: USAGE_BUDGET_MS });
  }),
});
