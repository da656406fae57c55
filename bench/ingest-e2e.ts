import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createSessionId } from "#lib/ids.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { ingestItems } from "#server/ingest/ingest-items.ts";
import { readDocument } from "#server/ingest/read-document.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { ingestNaively } from "./ingest-e2e/ingest-naively.ts";
import { writeDocument } from "./ingest-e2e/write-document.ts";

// From a file to the last row that can be read: our scanner and writer against what one writes first, a streaming parser
// that materialises each item and one awaited upsert for it. Items a second, into the product's own tables.

const ITEMS = 60_000;
/** The peer takes as long for these as we for all. */
const NAIVE_ITEMS = 3_000;

const bench = await openBenchDatabase();
const { database } = bench;
const services = {
  database,
  blobs: createFsBlobStore({ rootPath: join(bench.dataDir, "blobs") }),
  bus: { tell: () => {} },
};
await database.sql`insert into teams (id, name) values ('team', 'Team')`;
await database.sql`insert into users (id, name) values ('user', 'User')`;
const paths = {
  large: join(bench.dataDir, "large.json"),
  small: join(bench.dataDir, "small.json"),
};
await writeDocument(paths.large, ITEMS);
await writeDocument(paths.small, NAIVE_ITEMS);
const megabytes = (await stat(paths.large)).size / 1e6;

const samples = await interleave({
  contenders: {
    ours: () =>
      itemsPerSecond(ITEMS, async (sessionId) => {
        const { elements } = readDocument(createReadStream(paths.large), {
          encoding: "identity",
          sessionId,
        });
        await ingestItems(services, { sessionId, generation: 1, received: 1, elements });
      }),
    naive: () =>
      itemsPerSecond(NAIVE_ITEMS, (sessionId) =>
        ingestNaively(database, { sessionId, path: paths.small }),
      ),
  },
  repetitions: 5,
  warmUps: 1,
});
await bench.close();
await rm(bench.dataDir, { recursive: true, force: true });

const rate = median(samples.ours);
console.log(`ours: ${((rate / ITEMS) * megabytes).toFixed(1)} MB/s`);
reportBench({
  name: "ingest-e2e",
  ratios: { vs_naive: rate / median(samples.naive) },
  goals: { vs_naive: { atLeast: 15 } },
});

/** Into a session of its own, which is gone afterwards; all of it must be there. */
async function itemsPerSecond(
  count: number,
  ingest: (sessionId: string) => Promise<void>,
): Promise<number> {
  const sessionId = createSessionId();
  await database.sql`
    insert into sessions (id, team_id, owner_id, status, title, title_source, setup_commands, environment)
    values (${sessionId}, 'team', 'user', 'idle', 'x', 'prompt', '[]', '{}')`;
  const beganMs = performance.now();
  await ingest(sessionId);
  const seconds = (performance.now() - beganMs) / 1000;
  const [row] = await database.sql`
    select count(*)::int as count from items where session_id = ${sessionId}`;
  if (row?.["count"] !== count) throw new Error(`${row?.["count"]} of ${count} items are there`);
  await database.sql`delete from sessions where id = ${sessionId}`;
  return count / seconds;
}
