import type { OutputServices } from "../begin-output.ts";

/** Services whose first `count` transactions come through, and answer that their connection was lost. */
export function loseAnswers(services: OutputServices, count = 1): OutputServices {
  const { sql } = services.database;
  let left = count;
  const begin = async (run: never) => {
    const result: unknown = await sql.begin(run);
    left -= 1;
    if (left < 0) return result;
    throw Object.assign(new Error("The connection is lost"), { code: "CONNECTION_CLOSED" });
  };
  const deaf = new Proxy(sql, {
    get: (target, name) => (name === "begin" ? begin : Reflect.get(target, name)),
  });
  return { ...services, database: { ...services.database, sql: deaf } };
}
