import { readFile } from "node:fs/promises";
import path from "node:path";
import postgres from "postgres";

/** As `lockTableOf`, for the folder of a server with an embedded database. */
export const lockTable = async (dataPath: string, table: string) =>
  lockTableOf(await findDatabaseUrl(dataPath), table);

/** Keeps whoever writes to a table waiting, as long as the lock is held. Returns how to let go. */
export async function lockTableOf(
  databaseUrl: string,
  table: string,
): Promise<() => Promise<void>> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const held = await sql.reserve();
  await held`begin`;
  await held`lock table ${held(table)} in share mode`;
  return () => sql.end({ timeout: 0 });
}

/** Of the embedded database of the server with this folder. */
export async function findDatabaseUrl(dataPath: string): Promise<string> {
  const cluster = path.join(dataPath, "postgres/cluster");
  const [password, postmaster] = await Promise.all(
    ["millrace-password", "postmaster.pid"].map((name) =>
      readFile(path.join(cluster, name), "utf8"),
    ),
  );
  const port = postmaster?.split("\n")[3];
  return `postgres://millrace:${password?.trim()}@127.0.0.1:${port}/postgres`;
}
