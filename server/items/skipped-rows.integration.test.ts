import { expect, test } from "vitest";
import { prepareItem, refuseItem, type BatchEntry } from "./prepare-item.ts";
import { writeSkippedItems } from "./skipped-rows.ts";
import { part } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const refusals = (count: number, firstIndex: number) =>
  Array.from({ length: count }, (_, n) =>
    refuseItem(
      { index: firstIndex + n, byteSize: 1, type: null, messageId: null, partId: null },
      "It is empty",
    ),
  );

test("a batch reads none of the refusals that others brought, notes each once, and takes its own back", async () => {
  const { sql } = harness.context.database;
  const { sessionId } = harness.session;
  await sql`
    insert into skipped_items (session_id, generation, received, item_index, byte_size, reason)
    select ${sessionId}, 1, 1, n, 1, 'It is empty' from generate_series(0, 19999) n`;
  const entries = refusals(500, 19_900);
  const accepted = entries.map(({ index }) => prepareItem(part("m1", `p${index}`), index));
  const found = await sql.begin(async (tx) => {
    const write = (batch: BatchEntry[]) =>
      writeSkippedItems(
        tx,
        { ...harness.session, received: 1 },
        { entries: batch, isRepeat: true },
      );
    await tx`set local enable_seqscan = off`;
    const counts = [await write(entries), await write(entries), await write(accepted)];
    const [read] = await tx<{ rows: number }[]>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
      from pg_stat_xact_user_tables where relname = 'skipped_items'`;
    return { counts, rowsRead: read!.rows };
  });
  expect(found.counts).toEqual([400, 0, -500]);
  expect(found.rowsRead).toBeLessThanOrEqual(1_500);
});
