import { z } from "zod";
import { isOutputId } from "#lib/ids.ts";
import { outputKinds } from "#lib/output-kind.ts";
import { TURNS_WITH_OUTPUTS_MAX } from "#lib/limits.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { findOutputs } from "#server/outputs/find-outputs.ts";
import { listTurnOutputs } from "#server/outputs/list-turn-outputs.ts";
import { requireOutput } from "#server/outputs/read-outputs.ts";
import type { Services } from "#server/services.ts";
import { procedure, router } from "./trpc.ts";

const PAGE_OUTPUTS = 50;
const TURN_OUTPUTS = 4;

const theSession = z.object({ sessionId: z.string() });
const position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const words = z
  .string()
  .max(200)
  .refine((text) => !text.includes("\0"));

interface Caller {
  services: Services;
  viewer: Viewer;
}

async function access({ services, viewer }: Caller, id: string) {
  const { sessionId, generation } = await requireSession(services.database, viewer, {
    sessionId: id,
    action: "read",
  });
  return { sessionId, generation };
}

/** What a page shows of outputs; their bytes come from `/api/v1/outputs/:id`. */
export const outputRouter = router({
  /** One output as it is now. */
  get: procedure
    .input(z.object({ outputId: z.string().max(100) }))
    .query(({ ctx: { services, viewer }, input: { outputId } }) =>
      requireOutput(services.database, viewer, { outputId, action: "read" }),
    ),

  /** A page of a session's outputs, newest first. */
  list: procedure
    .input(
      theSession.extend({
        before: z.string().refine(isOutputId).optional(),
        kind: z.enum(outputKinds).optional(),
        text: words.optional(),
        port: z.string().max(1_024).optional(),
      }),
    )
    .query(async ({ ctx, input: { sessionId, ...search } }) => {
      const session = await access(ctx, sessionId);
      return findOutputs(ctx.services.database, { ...session, ...search, limit: PAGE_OUTPUTS });
    }),

  /** Some outputs of each of some turns: those that are being written, then the newest. */
  ofTurns: procedure
    .input(
      theSession.extend({
        starts: z.array(position).min(1).max(TURNS_WITH_OUTPUTS_MAX),
        until: position.nullable(),
      }),
    )
    .query(async ({ ctx, input: { sessionId, starts, until } }) => {
      const session = await access(ctx, sessionId);
      const ascending = starts.toSorted((one, other) => one - other);
      const query = { ...session, starts: ascending, until, limit: TURN_OUTPUTS };
      return listTurnOutputs(ctx.services.database, query);
    }),
});
