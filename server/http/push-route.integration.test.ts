import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { createSessionId } from "#lib/ids.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

let web: TestWeb;
let sessionId: string;

beforeAll(async () => {
  web = await startTestWeb();
  sessionId = createSessionId();
  await web.server.services.database.sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment,
      repository, work_branch, ready_at
    ) values (
      ${sessionId}, ${localOwner.teamId}, ${localOwner.userId}, 'idle', 'Harvest', 'prompt', '[]', '{}',
      'ada/mill', 'millrace/harvest', now()
    )`;
});
afterAll(() => web.close());

async function ask(method: "GET" | "POST", scopes: ApiScope[], body?: string) {
  const { secret } = await createApiToken(web.server.services.database, localOwner, {
    name: "laptop",
    scopes,
    expiresInDays: null,
  });
  const response = await fetch(`${web.url}/api/v1/sessions/${sessionId}/push`, {
    method,
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

test("who may not start agents pushes nothing, and who may not read learns nothing of pushes", async () => {
  expect((await ask("POST", ["read", "share", "ingest"], "{}")).status).toBe(403);
  expect((await ask("GET", ["start"])).status).toBe(403);
  expect((await ask("GET", ["read"])).status).toBe(404);
});

test.each([
  [{ branch: "a..b" }, "branch"],
  [{ message: "\u0007" }, "message"],
  [{ pushId: "psh_1" }, "pushId"],
  [{ force: true }, ""],
])("%j is no push", async (asked, field) => {
  const answer = await ask("POST", ["start"], JSON.stringify(asked));
  expect(answer).toMatchObject({ status: 400, body: { field } });
});

test("a session whose files nobody has is not pushed", async () => {
  expect(await ask("POST", ["start"], "{}")).toMatchObject({
    status: 503,
    body: { code: "unavailable" },
  });
});

test("a push is told to who asked by its id alone, and to readers whole", async () => {
  const { sql } = web.server.services.database;
  await sql`
    insert into branch_pushes (id, session_id, generation, branch, message, status)
    values ('psh_1', ${sessionId}, 1, 'millrace/harvest', 'Harvest', 'running')`;
  expect(await ask("POST", ["start"])).toEqual({
    status: 202,
    body: { push: { pushId: "psh_1", status: "running" } },
  });
  expect(await ask("GET", ["read"])).toMatchObject({
    status: 200,
    body: { push: { branch: "millrace/harvest", message: "Harvest", commitId: null } },
  });
});
