import type { OutputServices } from "../begin-output.ts";

/** Services of which every other transaction, beginning with the first, comes through and answers that it did not. */
export function loseAnswers(services: OutputServices): OutputServices {
  const { sql } = services.database;
  let count = 0;
  const begin = async (run: never) => {
    const result: unknown = await sql.begin(run);
    count += 1;
    if (count % 2 === 0) return result;
    throw Object.assign(new Error("The connection is lost"), { code: "CONNECTION_CLOSED" });
  };
  const deaf = new Proxy(sql, {
    get: (target, name) => (name === "begin" ? begin : Reflect.get(target, name)),
  });
  return { ...services, database: { ...services.database, sql: deaf } };
}
