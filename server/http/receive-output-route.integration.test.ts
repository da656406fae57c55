import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createExecutionId, createSessionId } from "#lib/ids.ts";
import type { Output } from "#lib/output.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { createOutputToken } from "#server/outputs/output-token.ts";
import { outputVariables } from "#server/outputs/output-variables.ts";
import { startTestWeb, type TestWeb } from "./testing/test-web.ts";

const run = promisify(execFile);

let web: TestWeb;
let folder: string;
let sessionId: string;
let token: string;
const executionId = createExecutionId();

beforeAll(async () => {
  web = await startTestWeb({ environment: { SESSION_OUTPUTS_MAX_BYTES: "1000000" } });
  folder = await mkdtemp(join(tmpdir(), "millrace-tool-"));
});
afterAll(async () => {
  await web.close();
  await rm(folder, { recursive: true });
});

/** A session with an agent at work. */
beforeEach(async () => {
  const { database, processId } = web.server.services;
  sessionId = createSessionId();
  await database.sql`
    insert into sessions (
      id, team_id, owner_id, status, title, title_source, setup_commands, environment
    ) values (
      ${sessionId}, ${localOwner.teamId}, ${localOwner.userId}, 'working', 'Tools', 'prompt', '[]', '{}'
    )`;
  await database.sql`delete from executions`;
  await database.sql`
    insert into executions (id, session_id, generation, process_id, agent_id)
    values (${executionId}, ${sessionId}, 1, ${processId}, 'builtin')`;
  await database.sql`
    insert into leases (session_id, fence, process_id, expires_at)
    values (${sessionId}, 1, ${processId}, now() + interval '1 hour')`;
  token = await createOutputToken(database, { sessionId, generation: 1, executionId });
});

const put = async (
  port: string,
  body: string | Uint8Array<ArrayBuffer>,
  { authorization = `Bearer ${token}`, id = sessionId, headers = {} } = {},
) => {
  const response = await fetch(`${web.url}/api/v1/sessions/${id}/outputs/${port}`, {
    method: "PUT",
    body,
    headers: { ...headers, authorization },
  });
  const answer = (await response.json()) as { output?: Output; detail?: string };
  return { status: response.status, ...answer };
};

const listed = () => web.server.services.database.sql<
  { port: string; state: string; bytes: number }[]
>`
  select port, state, bytes::int from outputs where session_id = ${sessionId} order by id`;

test("curl -T brings a file out with what is in the agent's environment", async () => {
  const { services } = web.server;
  const bytes = randomBytes(300_000);
  const path = join(folder, "report.pdf");
  await writeFile(path, bytes);
  const variables = await outputVariables(services, { sessionId, generation: 1, executionId });
  expect(variables["MILLRACE_OUTPUTS_URL"]).toMatch(/\/api\/v1\/sessions\/ses_\w+\/outputs$/);
  const address = `${web.url}/api/v1/sessions/${sessionId}/outputs/`;
  const authorization = `Authorization: Bearer ${variables["MILLRACE_OUTPUT_TOKEN"]}`;
  const curl = (...args: string[]) => run("curl", ["-sS", "-H", authorization, ...args]);

  const sent = await curl("-T", path, address);
  const { output, url } = JSON.parse(sent.stdout) as { output: Output; url: string };
  expect(output).toMatchObject({
    sessionId,
    executionId,
    port: "report.pdf",
    name: "report.pdf",
    source: "tool",
    mime: "application/pdf",
    state: "complete",
    bytes: 300_000,
  });
  const read = await fetch(web.url + url, { headers: { cookie: web.cookie } });
  expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);

  const piped = await run("sh", [
    "-c",
    `printf 'a\\nb\\n' | curl -sS -H "$1" -T - "$2"`,
    "sh",
    authorization,
    `${address}build.log`,
  ]);
  expect(JSON.parse(piped.stdout)).toMatchObject({
    output: { port: "build.log", mime: "text/plain", bytes: 4 },
  });
});

test.each([
  ["all:\n\tmake", "text/plain"],
  ["PK\x03\x04", "application/octet-stream"],
])("without a type in head or name %j is %s", async (text, mime) => {
  expect((await put("result", Buffer.from(text))).output?.mime).toBe(mime);
});

test("a body that says it is compressed is refused: it would be kept so", async () => {
  const headers = { "content-encoding": "gzip" };
  const refused = await put("a.txt", "x", { headers });
  expect(refused).toMatchObject({ status: 415, field: "Content-Encoding" });
  expect(await listed()).toEqual([]);
  expect((await put("a.txt", "x", { headers: { "content-encoding": "identity" } })).status).toBe(
    201,
  );
});

test("what a tool sends can be read while it still sends, and is incomplete when it breaks off", async () => {
  const sending = request(`${web.url}/api/v1/sessions/${sessionId}/outputs/live.log`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
  });
  sending.on("error", () => {});
  sending.write("first line\n");
  await expect.poll(async () => (await listed())[0]?.state).toBe("writing");
  const [row] = await web.server.services.database.sql`
    select id from outputs where session_id = ${sessionId}`;
  const live = await fetch(`${web.url}/api/v1/outputs/${row?.["id"]}?live=1`, {
    headers: { cookie: web.cookie },
  });
  const reader = live.body!.getReader();
  const first = await reader.read();
  expect(Buffer.from(first.value!).toString()).toBe("first line\n");
  sending.destroy();
  await expect.poll(listed).toEqual([{ port: "live.log", state: "incomplete", bytes: 11 }]);
  await expect(reader.read()).rejects.toThrow("terminated");
});

test.each([
  ["a%2Fb.txt", 201, "a/b.txt"],
  ["shots/1.png", 201, "shots/1.png"],
  ["%2e%2e%2Fx", 400, null],
  ["a%00b", 400, null],
  ["a//b", 400, null],
  ["%ff", 400, null],
])("the name %s is answered with %i", async (port, status, name) => {
  const answer = await put(port, "x");
  expect(answer.status).toBe(status);
  expect(answer.output?.port ?? null).toBe(name);
});

test("the quota of the session is refused clearly, before a byte when the length is told", async () => {
  expect((await put("most", "x".repeat(999_990))).status).toBe(201);
  const refused = await put("more", "x".repeat(11));
  expect(refused.status).toBe(413);
  expect(refused.detail).toBe(
    "The outputs of a session may take 1000000 bytes together, and 999990 are taken",
  );
  expect(await listed()).toHaveLength(1);
  expect((await put("fits", "x".repeat(10))).status).toBe(201);
});

test("a token is good for its own session, and as long as its agent lives", async () => {
  const { sql } = web.server.services.database;
  const other = createSessionId();
  expect((await put("x", "x", { id: other })).status).toBe(404);
  const forged = `${token.slice(0, -3)}${token.endsWith("AAA") ? "BBB" : "AAA"}`;
  for (const bad of [forged, "mro_x", `mro_${createExecutionId()}_${"A".repeat(43)}`])
    expect((await put("x", "x", { authorization: `Bearer ${bad}` })).status).toBe(401);
  expect((await put("x", "x", { authorization: "Bearer " })).status).toBe(401);
  await sql`update leases set process_id = 'prc_other'`;
  expect((await put("x", "x")).status).toBe(401);
  await sql`update leases set process_id = ${web.server.services.processId}`;
  expect((await put("x", "x")).status).toBe(201);
  await sql`update executions set ended_at = now()`;
  expect((await put("x", "x")).status).toBe(401);
  await sql`update executions set ended_at = null`;
  await sql`update sessions set deleted_at = now() where id = ${sessionId}`;
  expect((await put("x", "x")).status).toBe(401);
});

test("the token of an agent reads nothing and starts nothing", async () => {
  const headers = { authorization: `Bearer ${token}` };
  for (const path of [`/api/v1/sessions/${sessionId}/outputs`, "/api/v1/uploads?state=failed"]) {
    const response = await fetch(web.url + path, { headers });
    expect(response.status).toBe(401);
  }
});

test("programs need the scope that brings things in", async () => {
  const bearer = async (scope: "read" | "ingest") => {
    const { secret } = await createApiToken(web.server.services.database, localOwner, {
      name: "laptop",
      scopes: [scope],
      expiresInDays: null,
    });
    return { authorization: `Bearer ${secret}` };
  };
  expect((await put("x", "x", await bearer("read"))).status).toBe(403);
  const taken = await put("x", "x", await bearer("ingest"));
  expect(taken).toMatchObject({ status: 201, output: { executionId: "" } });
});
