import { afterAll, beforeAll, beforeEach } from "vitest";
import { createMessageId, createPartId } from "#lib/ids.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { writeItems } from "#server/items/write-items.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import type { Services } from "#server/services.ts";
import { createSession } from "#server/sessions/create-session.ts";
import { listSessions, type SessionPage } from "#server/sessions/list-sessions.ts";
import { sessionFilters } from "#server/sessions/session-filters.ts";
import { startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { indexSession } from "../index-session.ts";
import { searchSessions } from "../search-sessions.ts";

type Columns = Record<string, string | number | boolean | null>;
type Filters = Parameters<typeof sessionFilters.parse>[0];

export interface ListsTest {
  services: Services;
  /** Of a team of its own for each test. */
  viewer: Viewer;
  /** A new session of the viewer's team, with these columns. */
  make(title: string, columns?: Columns): Promise<string>;
  write(sessionId: string, items: ItemInput[]): Promise<void>;
  index(sessionId: string): Promise<boolean>;
  /** A session with these texts, indexed. */
  tell(title: string, turns: Turn[]): Promise<string>;
  list(filters?: Filters, options?: ListOptions): Promise<SessionPage>;
  search(query: string, filters?: Filters, options?: ListOptions): Promise<SessionPage>;
}

interface ListOptions {
  limit?: number;
  cursor?: string | null;
  isGrouped?: boolean;
  order?: "pinned" | "recent";
  viewer?: Viewer;
}

export interface Turn {
  prompt?: string;
  answer?: string;
  input?: object;
  output?: string;
}

/** A server without workers, and a team for each test. */
export function useLists(): ListsTest {
  let server: TestServer;
  let count = 0;
  const lists: ListsTest = {
    services: undefined as unknown as Services,
    viewer: { ...localOwner, role: "owner", scopes: null },

    async make(title, columns = {}) {
      const { sessionId } = await createSession(lists.services, lists.viewer, { title });
      const { sql } = lists.services.database;
      if (Object.keys(columns).length > 0)
        await sql`update sessions set ${sql(columns)} where id = ${sessionId}`;
      return sessionId;
    },
    async write(sessionId, items) {
      const [session] = await lists.services.database.sql<{ generation: number }[]>`
        select generation from sessions where id = ${sessionId}`;
      await writeItems(lists.services, { sessionId, generation: session?.generation ?? 1, items });
    },
    index: (sessionId) => indexSession(lists.services, sessionId),
    async tell(title, turns) {
      const sessionId = await lists.make(title);
      await lists.write(sessionId, turns.flatMap(turnItems));
      await lists.index(sessionId);
      return sessionId;
    },
    list: (filters = {}, { viewer = lists.viewer, ...options } = {}) =>
      listSessions(lists.services.database, viewer, {
        filters: sessionFilters.parse(filters),
        order: "pinned",
        isGrouped: false,
        limit: 30,
        ...options,
      }),
    search: (query, filters = {}, { viewer = lists.viewer, limit = 30, cursor } = {}) =>
      searchSessions(lists.services.database, viewer, {
        filters: sessionFilters.parse(filters),
        query,
        limit,
        cursor,
      }),
  };
  beforeAll(async () => {
    server = await startTestServer();
    lists.services = server.services;
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    const { sql } = lists.services.database;
    const teamId = `team_${(count += 1)}`;
    await sql`insert into teams (id, name) values (${teamId}, 'Team')`;
    await sql`
      insert into memberships (team_id, user_id, role) values (${teamId}, ${localOwner.userId}, 'owner')`;
    lists.viewer = { userId: localOwner.userId, teamId, role: "owner", scopes: null };
  });
  return lists;
}

const item = (type: string, messageId: string, data: object): ItemInput => ({
  type,
  messageId,
  partId: type === "part" ? createPartId() : "",
  body: JSON.stringify(data),
});

export const textPart = (messageId: string, text: string): ItemInput =>
  item("part", messageId, { type: "text", text });

export function turnItems({ prompt, answer, input, output }: Turn): ItemInput[] {
  const [promptId, answerId] = [createMessageId(), createMessageId()];
  const items: ItemInput[] = [];
  if (prompt !== undefined)
    items.push(item("message", promptId, { role: "user" }), textPart(promptId, prompt));
  if (answer !== undefined || input !== undefined || output !== undefined)
    items.push(item("message", answerId, { role: "assistant" }));
  if (input !== undefined || output !== undefined) {
    const state = { status: "completed", input: input ?? {}, output: output ?? "" };
    items.push(item("part", answerId, { type: "tool", tool: "bash", state }));
  }
  if (answer !== undefined) items.push(textPart(answerId, answer));
  return items;
}

export const titlesOf = ({ sessions }: SessionPage) => sessions.map(({ title }) => title);
