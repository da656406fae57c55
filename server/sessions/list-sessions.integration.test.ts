import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureLocalOwner, localOwner } from "#server/accounts/local-owner.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { listRecentRepositories, listSessions } from "./list-sessions.ts";

let copy: TestDatabase;

beforeAll(async () => {
  copy = await createTestDatabase();
  await ensureLocalOwner(copy.database);
});
afterAll(() => copy.drop());

const lists = {
  sessions: (viewer: Viewer) => listSessions(copy.database, viewer, { limit: 1 }),
  repositories: (viewer: Viewer) => listRecentRepositories(copy.database, viewer, 1),
};

test.each(["sessions", "repositories"] as const)(
  "a program lists %s when its token may read, and not otherwise",
  async (name) => {
    const may = (...scopes: NonNullable<Viewer["scopes"]>) =>
      lists[name]({ ...localOwner, role: "owner", scopes });
    const refused = { code: "forbidden", details: { scope: "read" } };
    await expect(may("ingest", "start")).rejects.toMatchObject(refused);
    expect(await may("read")).toBeDefined();
  },
);
