import type { Database, TransactionSql } from "#server/database/database.ts";
import type { Bus } from "./bus.ts";
import type { DurableNews } from "./bus-message.ts";

/** What a transaction that announces something needs. */
export interface NewsServices {
  database: Database;
  bus: Pick<Bus, "tell">;
}

const KEY = Symbol.for("millrace.announced-news");

/** On `globalThis`: a page's copy of this module begins transactions in which the server's copy announces. */
const holder = globalThis as { [KEY]?: WeakMap<TransactionSql, DurableNews[]> };
const newsOf = (holder[KEY] ??= new WeakMap<TransactionSql, DurableNews[]>());

/**
 * Runs `work` in a transaction and, once it is committed, tells every process what `work` announced. Nobody hears of
 * a transaction that was rolled back.
 */
export async function transact<Result>(
  { database, bus }: NewsServices,
  work: (tx: TransactionSql) => Promise<Result>,
): Promise<Result> {
  const news: DurableNews[] = [];
  const result = await database.sql.begin((tx) => {
    newsOf.set(tx, news);
    return work(tx);
  });
  bus.tell(...news);
  return result as Result;
}

/** Puts what is announced in a transaction that `transact` did not begin into `news`, which the caller tells. */
export function collectNews(tx: TransactionSql, news: DurableNews[]): void {
  newsOf.set(tx, news);
}

/** Has every process told when the transaction, which must be one of `transact` or `collectNews`, commits. */
export function announce(tx: TransactionSql, ...news: DurableNews[]): void {
  const announced = newsOf.get(tx);
  if (!announced)
    throw new Error("Only a transaction of `transact` or `collectNews` can announce something");
  announced.push(...news);
}
