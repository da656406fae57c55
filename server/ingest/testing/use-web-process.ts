import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { startChild, type TestChild } from "#server/database/testing/children.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import type { IngestChildAnswer } from "./ingest-child.ts";

/** A server with its routes and no worker, in a process of its own, so that its memory can be measured. */
export function useWebProcess(): () => TestChild<IngestChildAnswer> {
  let testDatabase: TestDatabase;
  let dataDir: string;
  let web: TestChild<IngestChildAnswer>;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), "millrace-web-"));
    web = await startChild<IngestChildAnswer>({
      file: "../../ingest/testing/ingest-child.ts",
      args: [testDatabase.url, dataDir, "web"],
    });
  });
  afterAll(async () => {
    await web.end();
    await testDatabase.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return () => web;
}
