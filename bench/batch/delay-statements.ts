import { setTimeout as delay } from "node:timers/promises";
import type { Database, Fragment, Sql } from "#server/database/database.ts";

/**
 * The same database, farther away: every statement and every transaction begins `delayMs` later. What a transaction has
 * locked is not held for longer. Parts of statements cost nothing; what goes through `db` is as it was.
 */
export function delayStatements(database: Database, delayMs: number): Database {
  const sql = new Proxy(database.sql, {
    apply: (target, self, args) => delayed(Reflect.apply(target, self, args) as Fragment, delayMs),
    get(target, name) {
      if (name !== "begin") return Reflect.get(target, name) as unknown;
      return async (...args: Parameters<Sql["begin"]>) => {
        await delay(delayMs);
        return target.begin(...args);
      };
    },
  });
  return { ...database, sql };
}

/** A statement is sent when somebody waits for it. */
function delayed(query: Fragment, delayMs: number): Fragment {
  if (typeof query.then !== "function") return query;
  const send = query.then.bind(query);
  return Object.assign(query, {
    // oxlint-disable-next-line unicorn/no-thenable -- it is one
    then: (...handlers: Parameters<typeof send>) =>
      delay(delayMs)
        .then(() => send())
        .then(...handlers),
  });
}
