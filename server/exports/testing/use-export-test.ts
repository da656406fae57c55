import { useItemsTest } from "#server/items/testing/use-items-test.ts";
import { log } from "#server/log.ts";
import { exportSession, type OpenedExport, type SessionExport } from "../export-session.ts";

/** A database with a session for each test, and exports of it. */
export function useExportTest() {
  const harness = useItemsTest();
  const services = () => ({ ...harness.context, log });

  const open = (query: Partial<SessionExport> = {}): Promise<OpenedExport> =>
    exportSession(services(), {
      sessionId: harness.session.sessionId,
      generation: harness.session.generation,
      format: "json",
      signal: new AbortController().signal,
      ...query,
    });

  return {
    harness,
    services,
    open,
    async read(query: Partial<SessionExport> = {}): Promise<string> {
      return readAll((await open(query)).chunks);
    },
    /** Transactions that are open in the database, but for our own question. */
    async countTransactions(): Promise<number> {
      const rows = await harness.context.database.sql`
        select from pg_stat_activity
        where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`;
      return rows.length;
    },
    async countBlobs(purpose = "export"): Promise<number> {
      const rows = await harness.context.database.sql`select from blobs where purpose = ${purpose}`;
      return rows.length;
    },
  };
}

export async function readAll(chunks: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString("utf8");
}
