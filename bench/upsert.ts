import { createSessionId } from "#lib/ids.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import {
  copyBinary,
  writeDrizzleBatches,
  writeGuarded,
  writeRowByRow,
  type Target,
} from "./upsert/contenders.ts";
import { ITEM_BYTES, partItems } from "./upsert/part-items.ts";

// Rows a second into the product's own tables, each contender with a session of its own: our writer against drizzle's
// batched upsert, one awaited row at a time, and COPY BINARY without guard, which is the most that PostgreSQL takes.
// Afterwards the same items come once more with an older number: a stale retry must change no row.

const ROWS = 10_000;
const SLOW_ROWS = 500;
/** Many short turns: a busy minute of the machine hits all contenders alike. */
const REPETITIONS = 9;

const bench = await openBenchDatabase();
const { database } = bench;
const services = {
  database,
  blobs: createFsBlobStore({ rootPath: bench.dataDir }),
  bus: { tell: () => {} },
};
await database.sql`insert into teams (id, name) values ('team', 'Team')`;
await database.sql`insert into users (id, name) values ('user', 'User')`;
const items = partItems(ROWS);
const slowItems = items.slice(0, SLOW_ROWS);
let ourSessionId = "";

const samples = await interleave({
  contenders: {
    ours: () =>
      rowsPerSecond(items, async (target) => {
        ourSessionId = target.sessionId;
        await writeGuarded(services, { ...target, received: 2 });
      }),
    drizzle: () => rowsPerSecond(items, (target) => writeDrizzleBatches(database, target)),
    oneByOne: () => rowsPerSecond(slowItems, (target) => writeRowByRow(database, target)),
    copy: () => rowsPerSecond(items, (target) => copyBinary(database, target)),
  },
  repetitions: REPETITIONS,
  warmUps: 1,
});

const changedRows = await countRowsOfStaleRetry();
const rate = (name: keyof typeof samples) => median(samples[name]);
const megabytes = (rate("ours") * ITEM_BYTES) / 1_000_000;
console.log(`ours: ${Math.round(rate("ours"))} rows/s, ${megabytes.toFixed(1)} MB/s`);
console.log(`stale retry: ${changedRows} of ${ROWS} rows changed`);
reportBench({
  name: "upsert",
  ratios: {
    vs_drizzle_batch: rate("ours") / rate("drizzle"),
    vs_one_by_one: rate("ours") / rate("oneByOne"),
    vs_copy_binary: rate("ours") / rate("copy"),
    stale_retry_changed_rows: changedRows,
  },
  goals: {
    vs_drizzle_batch: { atLeast: 2.5 },
    vs_one_by_one: { atLeast: 25 },
    vs_copy_binary: { atLeast: 0.25 },
    stale_retry_changed_rows: { atMost: 0 },
  },
});
await bench.close();

/** Into a fresh session, until everything is durable. */
async function rowsPerSecond(
  rows: Target["items"],
  write: (target: Target) => Promise<unknown>,
): Promise<number> {
  const sessionId = createSessionId();
  await database.sql`
    insert into sessions (id, team_id, owner_id, status, title, title_source, setup_commands, environment)
    values (${sessionId}, 'team', 'user', 'idle', 'Bench', 'prompt', '[]', '{}')`;
  const startMs = performance.now();
  await write({ sessionId, items: rows });
  return (rows.length * 1_000) / (performance.now() - startMs);
}

/** By the database's own account, not by what the writer says. */
async function countRowsOfStaleRetry(): Promise<number> {
  const other = items.map((item) => ({
    ...item,
    body: Buffer.from('{"type":"text","text":"old"}'),
  }));
  const [before] = await database.sql`
    select max(seq)::int as seq, max(xmin::text::bigint)::int as xmin from items where session_id = ${ourSessionId}`;
  await writeGuarded(services, { sessionId: ourSessionId, items: other, received: 1 });
  const [changed] = await database.sql`
    select count(*)::int as count from items
    where session_id = ${ourSessionId} and (seq > ${before!["seq"]} or xmin::text::bigint > ${before!["xmin"]})`;
  return Number(changed!["count"]);
}
