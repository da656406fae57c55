import { expect, test } from "vitest";
import { addSkippedItems } from "./item-rows.ts";
import { refuseItem } from "./prepare-item.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const refusals = (count: number, firstIndex: number) =>
  Array.from({ length: count }, (_, n) =>
    refuseItem(
      { index: firstIndex + n, byteSize: 1, type: null, messageId: null, partId: null },
      "It is empty",
    ),
  );

test("noting refusals reads none of those that were noted before, and notes each once", async () => {
  const { sql } = harness.context.database;
  const { sessionId } = harness.session;
  await sql`
    insert into skipped_items (session_id, generation, received, item_index, byte_size, reason)
    select ${sessionId}, 1, 1, n, 1, 'It is empty' from generate_series(0, 19999) n`;
  const { added, again, rowsRead } = await sql.begin(async (tx) => {
    const target = { ...harness.session, received: 1 };
    const added = await addSkippedItems(tx, target, refusals(500, 19_900));
    const again = await addSkippedItems(tx, target, refusals(500, 19_900));
    const [read] = await tx<{ rows: number }[]>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
      from pg_stat_xact_user_tables where relname = 'skipped_items'`;
    return { added, again, rowsRead: read!.rows };
  });
  expect({ added, again }).toEqual({ added: 400, again: 0 });
  expect(rowsRead).toBeLessThanOrEqual(1_000);
});
