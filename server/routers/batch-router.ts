import { z } from "zod";
import { lineChoices } from "#lib/batch.ts";
import { isBatchId } from "#lib/ids.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import { abortBatch, retryFailed } from "#server/batches/change-batch.ts";
import { findMissing } from "#server/batches/find-missing.ts";
import { enqueueBatch } from "#server/batches/process-batch-job.ts";
import {
  listItemsWithSessions,
  readFailures,
  readTitles,
} from "#server/batches/read-batch-page.ts";
import { readBatchProgress } from "#server/batches/read-batch-progress.ts";
import {
  type BatchAction,
  listBatches,
  listMarkers,
  readBatch,
  requireBatch,
} from "#server/batches/read-batches.ts";
import { sealBatch } from "#server/batches/seal-batch.ts";
import { AppError } from "#lib/errors.ts";
import { procedure, router, type RequestContext } from "./trpc.ts";

const PAGE_BATCHES = 20;
const PAGE_ITEMS = 50;
const MARKERS_MAX = 200;
/** A page that is not live yet shows so many runs of lines, which is nearly always all. */
const FIRST_RUNS_MAX = 2_000;
const CHOSEN_MAX = 1_000;

const theBatch = z.object({ batchId: z.string() });

const index = z
  .number()
  .int()
  .min(0)
  .max(BATCH_LINES_MAX - 1);

type Context = RequestContext & { viewer: NonNullable<RequestContext["viewer"]> };

const access = (ctx: Context, batchId: string, action: BatchAction) =>
  requireBatch(ctx.services.database, ctx.viewer, { batchId, action });

/** What pages ask of batches and do with them. Sending lines is not here: that is `/api/v1`. */
export const batchRouter = router({
  /** The team's, newest first. `cursor` is the last one that is known. */
  list: procedure
    .input(z.object({ cursor: z.string().refine(isBatchId, "This is not a batch id").nullish() }))
    .query(async ({ ctx, input }) => {
      const { database } = ctx.services;
      const page = { limit: PAGE_BATCHES + 1, before: input.cursor ?? undefined };
      const found = await listBatches(database, ctx.viewer, page);
      const shown = found.slice(0, PAGE_BATCHES);
      const titles = await readTitles(
        database,
        shown.map(({ batchId }) => batchId),
      );
      return {
        batches: shown.map((batch) => ({ ...batch, title: titles.get(batch.batchId) ?? null })),
        next: found.length > PAGE_BATCHES ? (shown.at(-1)?.batchId ?? null) : null,
      };
    }),

  /** What the page shows before it is live. */
  get: procedure.input(theBatch).query(async ({ ctx, input: { batchId } }) => {
    const { database } = ctx.services;
    await access(ctx, batchId, "read");
    const [reading, titles] = await Promise.all([
      readBatchProgress(database, batchId, { runsMax: FIRST_RUNS_MAX }),
      readTitles(database, [batchId]),
    ]);
    if (!reading) throw new AppError("not_found", "There is no such batch");
    return { ...reading, title: titles.get(batchId) ?? null };
  }),

  /** Indexes that no line came for; see `findMissing`. */
  missing: procedure.input(theBatch).query(async ({ ctx, input: { batchId } }) => {
    await access(ctx, batchId, "read");
    return findMissing(ctx.services.database.sql, batchId);
  }),

  /** In the order of their indexes, `from` one on. `cursor` is the last one that is known. */
  items: procedure
    .input(
      theBatch.extend({
        state: z.enum(lineChoices).nullish(),
        from: index.default(0),
        cursor: index.nullish(),
      }),
    )
    .query(async ({ ctx, input: { batchId, state = null, from, cursor } }) => {
      await access(ctx, batchId, "read");
      const query = { state, after: cursor ?? from - 1, limit: PAGE_ITEMS + 1 };
      const found = await listItemsWithSessions(ctx.services.database, batchId, query);
      const items = found.slice(0, PAGE_ITEMS);
      return { items, next: found.length > PAGE_ITEMS ? (items.at(-1)?.index ?? null) : null };
    }),

  /** Lines that could not be read and belong to no index; the first of them. */
  unassigned: procedure.input(theBatch).query(async ({ ctx, input: { batchId } }) => {
    await access(ctx, batchId, "read");
    return listMarkers(ctx.services.database, batchId, { limit: MARKERS_MAX });
  }),

  failures: procedure.input(theBatch).query(async ({ ctx, input: { batchId } }) => {
    await access(ctx, batchId, "read");
    return readFailures(ctx.services.database, batchId);
  }),

  /** Lines that failed, or those of them that are named; see `retryFailed`. */
  retry: procedure
    .input(theBatch.extend({ indexes: z.array(index).min(1).max(CHOSEN_MAX).optional() }))
    .mutation(async ({ ctx, input: { batchId, indexes = null } }) => {
      await access(ctx, batchId, "change");
      return retryFailed(ctx.services, batchId, indexes);
    }),

  abort: procedure.input(theBatch).mutation(async ({ ctx, input: { batchId } }) => {
    await access(ctx, batchId, "change");
    await abortBatch(ctx.services, batchId);
    return readBatch(ctx.services.database, batchId);
  }),

  /** No more lines come; see `sealBatch`. */
  seal: procedure
    .input(theBatch.extend({ allowGaps: z.boolean().default(false) }))
    .mutation(async ({ ctx, input: { batchId, allowGaps } }) => {
      await access(ctx, batchId, "change");
      await sealBatch(ctx.services, batchId, { allowGaps });
      await enqueueBatch(ctx.services, batchId);
      return readBatch(ctx.services.database, batchId);
    }),
});
