import type { OutputServices } from "../begin-output.ts";

/** So many statements are answered, then `between` happens, then the others are asked. */
export function interrupt(
  { database, ...services }: OutputServices,
  statementCount: number,
  between: () => Promise<unknown>,
): OutputServices {
  let count = 0;
  const sql = new Proxy(database.sql, {
    async apply(target, self, parameters: [TemplateStringsArray]) {
      const rows = await Reflect.apply(target, self, parameters);
      count += 1;
      if (count === statementCount) await between();
      return rows;
    },
  });
  return { ...services, database: { ...database, sql } };
}
