import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { BlobStore } from "#server/blobs/blob-store.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { sweepBlobs } from "#server/blobs/sweep-blobs.ts";
import type { Database } from "#server/database/database.ts";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { blockStatement, type Block, type Moment } from "./block-statement.ts";
import { checkStored, type ExpectedItem } from "./check-stored.ts";
import type { IngestChildAnswer } from "./ingest-child.ts";
import { sha256, type message, type part } from "./use-ingest.ts";

/** Right before such a row is written, and what that is called. */
export type NamedMoment = [name: string, moment: Moment];

/** The steps in which an item becomes a blob of its own. */
export const itemBlobMoments: readonly NamedMoment[] = [
  ["the row of an item's blob", { table: "blobs", event: "insert", when: "new.purpose = 'item'" }],
  [
    "the end of an item's blob",
    { table: "blobs", event: "update", when: "new.purpose = 'item' and new.state = 'complete'" },
  ],
  ["the item with the blob", { table: "items", event: "insert", when: "new.blob_id is not null" }],
];

export interface KillTest {
  database(): Database;
  /** A server in a process of its own, on the same database and folder as those before it. */
  startServer(role?: string): Promise<TestChild<IngestChildAnswer>>;
  /** See `blockStatement`. */
  block(moment: Moment): Promise<Block>;
  /** Where those servers keep their blobs. */
  blobs(): BlobStore;
  /** What was sent is stored, each once, and nothing else of it is left behind. */
  expectStored(sessionId: string, expected: ExpectedItem[]): Promise<void>;
  /** Once the sweeper was here, the store holds what rows say and no more. */
  expectNoOrphans(): Promise<void>;
}

/** A database and a folder that outlive the servers which a test kills. */
export function useKillTest(): KillTest {
  let testDatabase: TestDatabase;
  let dataDir: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), "millrace-kill-"));
  });
  afterAll(async () => {
    await testDatabase.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const openBlobs = () => createFsBlobStore({ rootPath: join(dataDir, "blobs") });
  async function sweep() {
    const { database } = testDatabase;
    await database.sql`update blobs set lease_until = now() - interval '1 hour'`;
    await sweepBlobs({ database, blobs: openBlobs() }, { graceMs: 0 });
  }

  return {
    database: () => testDatabase.database,
    blobs: openBlobs,
    startServer: (role = "web,worker") =>
      startChild<IngestChildAnswer>({
        file: "../../ingest/testing/ingest-child.ts",
        args: [testDatabase.url, dataDir, role],
      }),
    block: (moment) => blockStatement(testDatabase, moment),
    async expectStored(sessionId, expected) {
      await sweep();
      expect(await checkStored(testDatabase.database, { sessionId, dataDir, expected })).toEqual({
        missing: [],
        damaged: [],
        surplus: [],
        orphanBlobs: [],
      });
    },
    async expectNoOrphans() {
      await sweep();
      const keys = await testDatabase.database.sql<{ key: string }[]>`
        select key from blob_segments order by key`;
      const stored: string[] = [];
      for await (const { key } of openBlobs().list()) stored.push(key);
      expect(stored.toSorted()).toEqual(keys.map(({ key }) => key));
    },
  };
}

type TestItem = ReturnType<typeof message> | ReturnType<typeof part>;

/** What has to be stored of these items. */
export const expectedOf = (items: readonly TestItem[]): ExpectedItem[] =>
  items.map(({ type, data }) => ({
    type,
    messageId: "messageID" in data ? data.messageID : data.id,
    partId: "messageID" in data ? data.id : "",
    sha256: sha256(JSON.stringify(data)),
  }));
