import type { Database, TransactionSql } from "#server/database/database.ts";

export interface Touched {
  /** Rows that came from walks over whole tables. */
  bySequence: number;
  /** Rows that came by an index. */
  byIndex: number;
  /** Pages of tables and their indexes, also of those whose rows were not wanted. */
  pages: number;
}

/** The database, which also notes what each transaction has read of a session's tables. */
export function watchReads(database: Database): { touched: Touched; database: Database } {
  const touched: Touched = { bySequence: 0, byIndex: 0, pages: 0 };
  const begin = (mode: string, run: (tx: TransactionSql) => Promise<unknown>) =>
    database.sql.begin(mode, async (tx) => {
      const before = await readTouched(tx);
      const result = await run(tx);
      const after = await readTouched(tx);
      for (const name of ["bySequence", "byIndex", "pages"] as const)
        touched[name] += after[name] - before[name];
      return result;
    });
  return { touched, database: { ...database, sql: { begin } } as unknown as Database };
}

/** Of this connection, since some moment. */
async function readTouched(tx: TransactionSql): Promise<Touched> {
  const [row] = await tx<Record<keyof Touched, string>[]>`
    with watched as (
      select oid, reltoastrelid from pg_class where relname in ('items', 'messages', 'skipped_items')
    )
    select
      (select sum(seq_tup_read) from pg_stat_xact_user_tables where relid in (select oid from watched)) as "bySequence",
      (select sum(idx_tup_fetch) from pg_stat_xact_user_tables where relid in (select oid from watched)) as "byIndex",
      (select sum(pg_stat_get_xact_blocks_fetched(one.oid)) from (
        select oid from watched union all select reltoastrelid from watched
        union all select indexrelid from pg_index where indrelid in (select oid from watched)
      ) one) as pages`;
  return {
    bySequence: Number(row?.bySequence),
    byIndex: Number(row?.byIndex),
    pages: Number(row?.pages),
  };
}
