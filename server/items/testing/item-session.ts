import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSessionId } from "#lib/ids.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import type { Database } from "#server/database/database.ts";
import { createTestDatabase } from "#server/database/testing/test-database.ts";
import type { DurableNews } from "#server/live/bus-message.ts";
import type { ItemInput } from "../item-input.ts";
import type { ItemServices } from "../write-items.ts";

export interface ItemSession {
  sessionId: string;
  generation: number;
}

export interface ItemsTest extends ItemServices {
  url: string;
  /** Everything that was told so far. */
  told: DurableNews[];
  /** A new, empty session. */
  createSession(): Promise<ItemSession>;
  /** Keys of all stored segments. */
  listKeys(): Promise<string[]>;
  close(): Promise<void>;
}

/** A database and a blob store of its own. */
export async function openItemsTest(): Promise<ItemsTest> {
  const copy = await createTestDatabase();
  const { database, url } = copy;
  const rootPath = await mkdtemp(join(tmpdir(), "millrace-items-"));
  const blobs = createFsBlobStore({ rootPath });
  await database.sql`insert into teams (id, name) values ('team', 'Team')`;
  await database.sql`insert into users (id, name) values ('user', 'User')`;
  const told: DurableNews[] = [];
  return {
    database,
    blobs,
    bus: { tell: (...news) => void told.push(...news) },
    told,
    url,
    createSession: () => insertSession(database),
    async listKeys() {
      const keys: string[] = [];
      for await (const segment of blobs.list()) keys.push(segment.key);
      return keys;
    },
    async close() {
      await copy.drop();
      await rm(rootPath, { recursive: true });
    },
  };
}

async function insertSession({ sql }: Database): Promise<ItemSession> {
  const sessionId = createSessionId();
  await sql`
    insert into sessions
      (id, team_id, owner_id, status, title, title_source, repository, agent_id, setup_commands, environment)
    values (${sessionId}, 'team', 'user', 'working', 'A prompt', 'prompt', '/repo', 'builtin', '[]', '{}')`;
  return { sessionId, generation: 1 };
}

export const message = (messageId: string, body: Record<string, unknown> = {}): ItemInput => ({
  type: "message",
  messageId,
  partId: "",
  body: JSON.stringify({ id: messageId, role: "user", ...body }),
});

export const part = (messageId: string, partId: string, text = "text"): ItemInput => ({
  type: "part",
  messageId,
  partId,
  body: JSON.stringify({ type: "text", text }),
});

/** Holds somebody back until the test opens it. */
export function createGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
