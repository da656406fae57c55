import type { OutputServices } from "../begin-output.ts";

/** Services of which every other transaction, beginning with the first, comes through and answers that it did not. */
export function loseAnswers(services: OutputServices): OutputServices {
  const { sql } = services.database;
  let count = 0;
  const begin = async (run: never) => {
    const result: unknown = await sql.begin(run);
    count += 1;
    if (count % 2 === 0) return result;
    throw connectionLost();
  };
  const deaf = new Proxy(sql, {
    get: (target, name) => (name === "begin" ? begin : Reflect.get(target, name)),
  });
  return { ...services, database: { ...services.database, sql: deaf } };
}

/**
 * Services whose database goes away with the second transaction: that comes through, and neither it nor any later
 * statement is answered.
 */
export function loseDatabase(services: OutputServices): OutputServices {
  const { sql } = services.database;
  let count = 0;
  const begin = async (run: never) => {
    count += 1;
    if (count > 2) throw connectionLost();
    const result: unknown = await sql.begin(run);
    if (count === 2) throw connectionLost();
    return result;
  };
  const gone = new Proxy(sql, {
    get: (target, name) => (name === "begin" ? begin : Reflect.get(target, name)),
    apply: (target, self, parts) =>
      count < 2 ? Reflect.apply(target, self, parts) : Promise.reject(connectionLost()),
  });
  return { ...services, database: { ...services.database, sql: gone } };
}

const connectionLost = () =>
  Object.assign(new Error("The connection is lost"), { code: "CONNECTION_CLOSED" });
