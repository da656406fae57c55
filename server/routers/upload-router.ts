import { z } from "zod";
import { isUploadId } from "#lib/ids.ts";
import { requireSession } from "#server/accounts/policy.ts";
import { readCoverage } from "#server/ingest/read-coverage.ts";
import {
  listDeadLetters,
  listUploads,
  readUpload,
  requireUpload,
} from "#server/ingest/read-uploads.ts";
import { replayUpload } from "#server/ingest/replay-upload.ts";
import { weighSession } from "#server/ingest/weigh-session.ts";
import { listSkippedItems } from "#server/items/list-skipped-items.ts";
import { procedure, router } from "./trpc.ts";

const PAGE_UPLOADS = 20;
const PAGE_SKIPPED_ITEMS = 50;

const theSession = z.object({ sessionId: z.string() });
const theUpload = z.object({ uploadId: z.string() });
const before = z.string().refine(isUploadId, "This is not an upload id").nullish();

/** What pages ask of uploads and of what became of them. Sending them is not here: that is `/api/v1`. */
export const uploadRouter = router({
  get: procedure.input(theUpload).query(async ({ ctx, input }) => {
    await requireUpload(ctx.services.database, ctx.viewer, { ...input, action: "ingest" });
    return readUpload(ctx.services.database, input.uploadId);
  }),

  /** Newest first. `cursor` is the last one that is known. */
  list: procedure.input(theSession.extend({ cursor: before })).query(async ({ ctx, input }) => {
    const { database } = ctx.services;
    const access = await requireSession(database, ctx.viewer, { ...input, action: "read" });
    const page = { limit: PAGE_UPLOADS + 1, before: input.cursor ?? undefined };
    return toPage(await listUploads(database, access, page));
  }),

  /** The team's uploads that failed for good, newest first. */
  failed: procedure.input(z.object({ cursor: before })).query(async ({ ctx, input }) => {
    const page = { limit: PAGE_UPLOADS + 1, before: input.cursor ?? undefined };
    return toPage(await listDeadLetters(ctx.services.database, ctx.viewer, page));
  }),

  replay: procedure.input(theUpload).mutation(async ({ ctx, input }) => {
    const access = await requireUpload(ctx.services.database, ctx.viewer, {
      ...input,
      action: "ingest",
    });
    await replayUpload(ctx.services, access, input.uploadId);
    return readUpload(ctx.services.database, input.uploadId);
  }),

  /** How much of what was brought became items. */
  coverage: procedure.input(theSession).query(async ({ ctx, input }) => {
    const { database } = ctx.services;
    const access = await requireSession(database, ctx.viewer, { ...input, action: "read" });
    return readCoverage(database, access);
  }),

  /** The skip ledger, in the order in which items were refused. `cursor` is the `id` of the last one that is known. */
  skippedItems: procedure
    .input(theSession.extend({ cursor: z.number().int().min(0).nullish() }))
    .query(async ({ ctx, input }) => {
      const { database } = ctx.services;
      const access = await requireSession(database, ctx.viewer, { ...input, action: "read" });
      const afterId = input.cursor ?? 0;
      const maxCount = PAGE_SKIPPED_ITEMS + 1;
      const found = await listSkippedItems(database, { ...access, maxCount, afterId });
      const items = found.slice(0, PAGE_SKIPPED_ITEMS);
      return { items, next: found.length > PAGE_SKIPPED_ITEMS ? (items.at(-1)?.id ?? null) : null };
    }),

  /** Where the bytes are. */
  weight: procedure.input(theSession).query(async ({ ctx, input }) => {
    const { database } = ctx.services;
    const access = await requireSession(database, ctx.viewer, { ...input, action: "read" });
    return weighSession(database, access);
  }),
});

/** One more than fits was asked for: it tells whether there is another page. */
function toPage<Item extends { uploadId: string }>(found: readonly Item[]) {
  const uploads = found.slice(0, PAGE_UPLOADS);
  const next = found.length > PAGE_UPLOADS ? (uploads.at(-1)?.uploadId ?? null) : null;
  return { uploads, next };
}
