import { createDeferred } from "#lib/create-deferred.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/**
 * What `read` yields, read in one transaction that sees one state of the database and ends with the generator, however
 * that comes: at its end, by an error, or because the consumer leaves. Begins with the first value asked for.
 */
export async function* holdTransaction<Value>(
  sql: Sql,
  read: (tx: TransactionSql) => AsyncIterable<Value>,
): AsyncGenerator<Value> {
  const begun = createDeferred<TransactionSql>();
  const over = createDeferred<void>();
  const ended = sql.begin("isolation level repeatable read read only", async (tx) => {
    begun.resolve(tx);
    await over.promise;
  });
  ended.catch(begun.reject);
  try {
    yield* read(await begun.promise);
  } finally {
    over.resolve();
    // Nothing was written: what goes wrong at its end changes nothing that was read.
    await ended.catch(() => {});
  }
}
