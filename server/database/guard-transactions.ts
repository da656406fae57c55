import postgres from "postgres";
import type { Sql, TransactionSql } from "./database.ts";

/** What is known about one transaction's connection. */
interface TransactionState {
  isLost: boolean;
  lose: (error: unknown) => void;
}

/** The members of the driver's queries that it calls itself when it sends, or gives up, a query. */
interface DriverQuery {
  handler: (query: DriverQuery) => void;
  reject: (error: unknown) => void;
}

/** With a callback at the end, after options or a name. */
type Begin = (...args: unknown[]) => Promise<unknown>;
type Work = (tx: TransactionSql) => unknown;

/**
 * The same `sql`, with transactions that survive the loss of their connection by rejecting. postgres.js 3.4.9 ends the
 * whole process when anything is written on a transaction's connection after it was closed, and it does so itself with
 * its `rollback` (porsager/postgres, issue 1208). Here nothing is sent any more once the connection is known to be
 * lost: neither queries of the callback nor the driver's own `rollback` and `commit`, because the callback then never
 * comes back to the driver. Connections of `sql.reserve()` are not guarded: do not use it.
 */
export function guardTransactions(sql: Sql): Sql {
  const begin = (...args: unknown[]) => {
    const work = args.pop() as Work;
    return guardedBegin((guarded) => (sql.begin as Begin)(...args, guarded), work);
  };
  return new Proxy(sql, {
    get: (target, key) => (key === "begin" ? begin : (Reflect.get(target, key) as unknown)),
  });
}

function guardedBegin(begin: (work: Work) => Promise<unknown>, work: Work): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const state: TransactionState = {
      isLost: false,
      lose: (error) => {
        state.isLost = true;
        reject(error);
      },
    };
    // The driver rejects as soon as the connection is closed, while the callback may still be running.
    begin((tx) => callback(tx, work, state)).then(resolve, state.lose);
  });
}

async function callback(tx: TransactionSql, work: Work, state: TransactionState): Promise<unknown> {
  try {
    const returned = work(guardQueries(tx, state));
    const result = await (Array.isArray(returned) ? Promise.all(returned) : returned);
    if (!state.isLost) return result;
  } catch (error) {
    if (isConnectionLost(error)) state.lose(error);
    if (!state.isLost) throw error;
  }
  return new Promise<never>(() => {});
}

function guardQueries(tx: TransactionSql, state: TransactionState): TransactionSql {
  const savepoint = (...args: unknown[]) => {
    const work = args.pop() as Work;
    const guarded: Work = (inner) => callback(inner, work, state);
    return (tx.savepoint as Begin)(...args, guarded);
  };
  return new Proxy(tx, {
    apply: (target, self, args) => guardQuery(Reflect.apply(target, self, args), state),
    get: (target, key) => {
      if (key === "savepoint") return savepoint;
      const member = Reflect.get(target, key) as unknown;
      if (key !== "unsafe" && key !== "file") return member;
      return (...args: unknown[]) =>
        guardQuery(Reflect.apply(member as never, target, args), state);
    },
  });
}

/** Queries are sent when they are awaited, not when they are made: the check belongs there. */
function guardQuery(made: unknown, state: TransactionState): unknown {
  if (!(made instanceof Promise)) return made;
  const query = made as unknown as DriverQuery;
  const { handler, reject } = query;
  query.reject = (error) => {
    if (isConnectionLost(error)) state.lose(error);
    reject(error);
  };
  query.handler = (sent) => {
    if (state.isLost) reject(new Error("The connection of the transaction is lost"));
    else handler(sent);
  };
  return made;
}

/** The driver's and the system's network errors, and PostgreSQL's farewell before it closes a connection. */
function isConnectionLost(error: unknown): boolean {
  if (error instanceof postgres.PostgresError)
    return error.severity === "FATAL" || error.severity === "PANIC";
  if (!(error instanceof Error) || !("code" in error)) return false;
  return "syscall" in error || /^CONNECT(ION)?_/.test(String(error.code));
}
