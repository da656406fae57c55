import { openDatabase } from "#server/database/database.ts";
import type { TestDatabase } from "#server/database/testing/test-database.ts";

/** Any number that nobody else locks. */
const LOCK = 4_711_000_001;

export interface Moment {
  table:
    | "uploads"
    | "blobs"
    | "blob_segments"
    | "blob_tail"
    | "items"
    | "streams"
    | "stream_parts"
    | "stream_producers";
  event: "insert" | "update";
  /** SQL over `new` that says which row. */
  when: string;
}

export interface Block {
  /** Resolves when somebody stands there. */
  reached(): Promise<void>;
  lift(): Promise<void>;
}

/** Makes everybody wait who is about to write such a row, so that a process can be killed exactly there. */
export async function blockStatement(
  { database: { sql }, url }: Pick<TestDatabase, "database" | "url">,
  { table, event, when }: Moment,
): Promise<Block> {
  const holder = openDatabase(url, { maxConnections: 1 });
  await holder.sql`select pg_advisory_lock(${LOCK})`;
  await sql.unsafe(`
    create or replace function wait_for_test() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${LOCK});
      return new;
    end $$;
    create trigger wait_for_test before ${event} on ${table}
      for each row when (${when}) execute function wait_for_test();`);
  return {
    async reached() {
      for (;;) {
        const [row] = await sql<{ waits: boolean }[]>`
          select exists (select from pg_locks where locktype = 'advisory' and not granted) as waits`;
        if (row?.waits) return;
      }
    },
    async lift() {
      await holder.close();
      await sql.unsafe(`drop trigger wait_for_test on ${table}`);
    },
  };
}
