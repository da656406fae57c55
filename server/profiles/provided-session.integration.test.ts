import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createCaller } from "#server/routers/app-router.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";

const script = fileURLToPath(new URL("./testing/telling-agent.mjs", import.meta.url));
const FIRST = "tk-0a1b2c3d";
const SECOND = "second-line-of-it";
const OPERATOR_KEY = "of-the-operator-1";
const START_KEY = "of-the-start-1";

const telling = {
  label: "Telling",
  command: process.execPath,
  args: [script],
  environment: { OPERATOR_KEY },
};
const context = useTestServer({ environment: { AGENT_COMMANDS: JSON.stringify({ telling }) } });

async function makeProfile(changes: object = {}): Promise<string> {
  const { profile } = createCaller({
    services: context.server.services,
    viewer: owner,
    callerGone: () => AbortSignal.abort(),
  });
  const mcpServer = {
    type: "stdio" as const,
    name: "tickets",
    command: "/bin/true",
    args: ["${TOKEN}"],
    environment: { KEY: "${TOKEN}" },
  };
  const { profileId } = await profile.create({
    name: "Telling",
    settings: {
      agent: "telling",
      variables: { STAGE: "production" },
      setupCommands: ['printf "%s" "$TOKEN"', 'git config user.name && test "$STAGE" = production'],
      mcpServers: [mcpServer],
      model: "mill/slow",
      branchPattern: "agents/{id}",
      author: { name: "Mona", email: "mona@acme.test" },
      ...changes,
    },
  });
  await profile.setSecret({ profileId, name: "TOKEN", value: `${FIRST}\n${SECOND}\n` });
  return profileId;
}

/** What the agent said last that it was given. */
async function lastWords(sessionId: string): Promise<unknown> {
  const { sql } = context.server.services.database;
  const [part] = await sql<{ text: string }[]>`
    select body::json ->> 'text' as text from items
    where session_id = ${sessionId} and type = 'part' order by seq desc limit 1`;
  return JSON.parse(part!.text.trim());
}

/** Rows of all tables that hold the text. */
async function findRowsWith(text: string): Promise<string[]> {
  const { sql } = context.server.services.database;
  const tables = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`;
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await sql`
      select 1 from ${sql(name)} as each where each::text like ${`%${text}%`} limit 1`.catch(
      () => [],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

async function findFilesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!(await stat(path).catch(() => null))?.isFile()) continue;
    if ((await readFile(path)).includes(text)) found.push(name);
  }
  return found;
}

test("a session gets all that its profile says, and its secret is nowhere to be read", async () => {
  const { server, repository } = context;
  await makeProfile();
  await server.work();
  const environment = { START_KEY };
  const sessionId = await server.start({ repository, profile: "Telling", environment });
  const { preparation } = await server.until(sessionId, ({ status }) => status === "idle");
  const agentStart = preparation?.steps.find(({ step }) => step === "agent_start");
  expect(agentStart?.logTail).toContain("[redacted]");
  const setup = preparation?.steps.find(({ step }) => step === "setup");
  expect(setup?.logTail).toContain("[redacted]\n[redacted]\n");
  expect(setup?.logTail).toContain("Mona");

  expect(await lastWords(sessionId)).toEqual({
    mcpServers: [
      {
        name: "tickets",
        command: "/bin/true",
        // What stands in arguments is in every process list.
        args: ["${TOKEN}"],
        env: [{ name: "KEY", value: "[redacted]\n[redacted]\n" }],
      },
    ],
    model: "mill/slow",
    stage: "production",
    token: "[redacted]\n[redacted]\n",
    operatorKey: "[redacted]",
    startKey: "[redacted]",
  });
  const { sql } = server.services.database;
  const [row] = await sql<{ workBranch: string; model: string }[]>`
    select work_branch as "workBranch", model from sessions where id = ${sessionId}`;
  expect(row).toEqual({
    workBranch: `agents/${sessionId.slice(-6).toLowerCase()}`,
    model: "mill/slow",
  });
  expect(await findRowsWith("mona@acme.test")).toEqual(["profiles"]);
  for (const line of [FIRST, SECOND, OPERATOR_KEY, START_KEY]) {
    expect(await findRowsWith(line)).toEqual([]);
    expect(await findFilesWith(server.dataDir, line)).toEqual([]);
  }
});

test("an agent that is started anew has the profile's model again", async () => {
  const { server, repository } = context;
  await makeProfile();
  await server.work();
  const sessionId = await server.start({ repository, profile: "Telling" });
  await server.until(sessionId, ({ status }) => status === "idle");
  await server.send(sessionId, "Leave");
  await server.until(sessionId, ({ prompts }) => prompts[0]?.status === "settled");
  await server.send(sessionId, "What model?");
  const { model } = await server.until(
    sessionId,
    ({ status, prompts }) =>
      status === "idle" && prompts.every(({ status: each }) => each === "settled"),
  );
  expect(model).toBe("mill/slow");
  expect(await lastWords(sessionId)).toMatchObject({ model: "mill/slow" });
});

test("a model that the agent does not offer fails its start, by name", async () => {
  const { server, repository } = context;
  await makeProfile({ model: "mill/none" });
  await server.work();
  const sessionId = await server.start({ repository, profile: "Telling" });
  const { preparation } = await server.until(sessionId, ({ status }) => status === "failed");
  expect(preparation?.steps.find(({ status }) => status === "failed")).toMatchObject({
    step: "agent_start",
    message: 'Telling does not offer the model "mill/none", which the session\'s environment names',
  });
});
