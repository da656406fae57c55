import { z } from "zod";
import { requireSession } from "#server/accounts/policy.ts";
import { measureExport } from "#server/exports/measure-export.ts";
import { procedure, router } from "./trpc.ts";

/** What the page asks before it exports; the export itself is a download, `/api/v1/sessions/:id/export`. */
export const exportRouter = router({
  measure: procedure.input(z.object({ sessionId: z.string() })).query(async ({ ctx, input }) => {
    const { database } = ctx.services;
    const access = await requireSession(database, ctx.viewer, { ...input, action: "read" });
    return measureExport(database, access);
  }),
});
