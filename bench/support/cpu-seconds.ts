import { readFile } from "node:fs/promises";
import type { Database } from "#server/database/database.ts";

/** Linux counts in these, whatever the machine. */
const TICKS_PER_SECOND = 100;

/** CPU seconds so far of this process and of all processes that serve this database, which must be on this machine. */
export async function readCpuSeconds({
  sql,
}: Database): Promise<{ own: number; database: number }> {
  const rows = await sql<{ pid: number }[]>`
    select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`;
  const { user, system } = process.cpuUsage();
  const seconds = await Promise.all(rows.map(({ pid }) => secondsOf(pid)));
  return { own: (user + system) / 1e6, database: seconds.reduce((sum, one) => sum + one, 0) };
}

/** `utime` and `stime` of proc(5), behind the name in brackets. */
async function secondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}
