import { and, asc, eq, gt } from "drizzle-orm";
import { skippedItems } from "#drizzle/schema/items.ts";
import type { Database } from "#server/database/database.ts";

export interface SkippedItemsQuery {
  sessionId: string;
  generation: number;
  maxCount: number;
  /** `id` of the last one that is known; from the beginning when left out. */
  afterId?: number;
}

export type SkippedItem = typeof skippedItems.$inferSelect;

/** Items that were refused, in the order in which they were noted. */
export async function listSkippedItems(
  { db }: Database,
  { sessionId, generation, maxCount, afterId = 0 }: SkippedItemsQuery,
): Promise<SkippedItem[]> {
  const inSession = and(
    eq(skippedItems.sessionId, sessionId),
    eq(skippedItems.generation, generation),
  );
  return db
    .select()
    .from(skippedItems)
    .where(and(inSession, gt(skippedItems.id, afterId)))
    .orderBy(asc(skippedItems.id))
    .limit(maxCount);
}
