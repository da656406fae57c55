import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { ItemInput } from "../item-input.ts";
import { writeItems, type WrittenItems } from "../write-items.ts";
import { openItemsTest, type ItemSession, type ItemsTest } from "./item-session.ts";

export interface ItemRow {
  type: string;
  messageId: string;
  partId: string;
  firstSeq: number;
  seq: number;
  received: number;
  body: string | null;
  blobId: string | null;
  byteSize: number;
  sha256: string;
  preview: string | null;
  deleted: boolean;
  envelope: string | null;
}

export interface ItemsHarness {
  context: ItemsTest;
  /** A new one for each test; a test may put another in its place. */
  session: ItemSession;
  startSession(): Promise<void>;
  write(items: ItemInput[], options?: WriteOptions): Promise<WrittenItems>;
  outcomes(items: ItemInput[], options?: WriteOptions): Promise<string[]>;
  /** In the order of their last change. */
  readRows(): Promise<ItemRow[]>;
  /** All columns, as the driver brings them: numbers of 64 bits are text. */
  readSession(): Promise<Record<string, unknown>>;
  /** In transcript order. */
  readMessages(): Promise<Record<string, unknown>[]>;
  /** Until so many connections wait for a lock. */
  waitForLock(count?: number): Promise<void>;
}

interface WriteOptions {
  received?: number;
  firstIndex?: number;
  fence?: number;
}

/** A database for the tests of a file, a session for each of them. */
export function useItemsTest(): ItemsHarness {
  const harness = createHarness();
  beforeAll(async () => {
    harness.context = await openItemsTest();
  });
  afterAll(() => harness.context.close());
  beforeEach(() => harness.startSession());
  return harness;
}

function createHarness(): ItemsHarness {
  const harness: ItemsHarness = {
    context: undefined as unknown as ItemsTest,
    session: { sessionId: "", generation: 1 },
    async startSession() {
      harness.session = await harness.context.createSession();
    },
    write: (items, options) =>
      writeItems(harness.context, { ...harness.session, ...options, items }),
    async outcomes(items, options) {
      const { results } = await harness.write(items, options);
      return results.map((result) => result.outcome);
    },
    async readRows() {
      const { sessionId, generation } = harness.session;
      return harness.context.database.sql<ItemRow[]>`
        select type, message_id as "messageId", part_id as "partId", first_seq::int as "firstSeq", seq::int,
          version_received::int as received, body, blob_id as "blobId", byte_size::int as "byteSize",
          body_sha256 as sha256, preview, deleted, envelope
        from items where session_id = ${sessionId} and generation = ${generation} order by seq`;
    },
    async readSession() {
      const [row] = await harness.context.database.sql`
        select * from sessions where id = ${harness.session.sessionId}`;
      return row!;
    },
    async readMessages() {
      return harness.context.database.sql`
        select message_id as "messageId", role, sort_key as "sortKey", turn, part_count as "partCount",
          bytes::int, cost_usd as "costUsd", tokens::int, deleted
        from messages where session_id = ${harness.session.sessionId} order by sort_key, first_seq`;
    },
    async waitForLock(count = 1) {
      const countWaiting = async () => {
        const rows = await harness.context.database.sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        return rows.length;
      };
      await expect
        .poll(countWaiting, { interval: 5, timeout: 5_000 })
        .toBeGreaterThanOrEqual(count);
    },
  };
  return harness;
}
