import { expect, test } from "vitest";
import { createCaller } from "#server/routers/app-router.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { readProvision } from "./read-provision.ts";

const context = useTestServer();

const settings = (changes: object = {}) => ({ variables: {}, setupCommands: [], ...changes });
const openCaller = (viewer = owner) =>
  createCaller({
    services: context.server.services,
    viewer,
    callerGone: () => AbortSignal.abort(),
  });

async function readRow(sessionId: string) {
  const [row] = await context.server.services.database.sql<
    { profileId: string | null; profileName: string | null; agentId: string }[]
  >`select profile_id as "profileId", profile_name as "profileName", agent_id as "agentId"
    from sessions where id = ${sessionId}`;
  return row!;
}

/** As the actor does, before it starts anything. */
async function provisionOf(sessionId: string) {
  const { services } = context.server;
  const [row] = await services.database.sql`
    select team_id as "teamId", setup_commands as "setupCommands", environment,
      sealed_environment as "sealedEnvironment", environment_key_id as "environmentKeyId",
      profile_id as "profileId", profile_name as "profileName"
    from sessions where id = ${sessionId}`;
  const repositoryKey = `file://${context.repository}`;
  return readProvision(services, { ...row, stored: row, sessionId, repositoryKey } as never);
}

test("a start takes the default profile that fits best, another by name, or none", async () => {
  const { profile } = openCaller();
  const { server, repository } = context;
  await profile.create({ name: "All", isDefault: true, settings: settings() });
  await profile.create({
    name: "Other",
    repository: "acme/*",
    isDefault: true,
    settings: settings(),
  });
  expect(await readRow(await server.start({ repository }))).toMatchObject({ profileName: "All" });
  await profile.create({
    name: "Own",
    repository: `${repository.slice(0, -1)}*`,
    isDefault: true,
    settings: settings({ agent: "opencode" }),
  });
  expect(await readRow(await server.start({ repository }))).toMatchObject({
    profileName: "Own",
    agentId: "opencode",
  });
  const own = { repository, agent: "millrace" };
  expect(await readRow(await server.start({ ...own }))).toMatchObject({ agentId: "millrace" });
  expect(await readRow(await server.start({ repository, profile: "all" }))).toMatchObject({
    profileName: "All",
  });
  expect(await readRow(await server.start({ repository, profile: null }))).toMatchObject({
    profileName: null,
    profileId: null,
  });
});

test("a start is refused by name: no such profile, for others, or lacking what it names", async () => {
  const { profile } = openCaller();
  const { server, repository } = context;
  const start = (name: string) => server.start({ repository, profile: name });
  await expect(start("Nothing")).rejects.toMatchObject({
    code: "invalid_input",
    message: 'There is no environment "Nothing"',
    details: { field: "profile" },
  });
  await profile.create({ name: "Acme", repository: "acme/app", settings: settings() });
  await expect(start("Acme")).rejects.toThrow('"Acme" is for other repositories');
  const server1 = {
    type: "http" as const,
    name: "tickets",
    url: "https://${TICKETS_HOST}/mcp",
    headers: { Authorization: "Bearer ${TICKETS_TOKEN}" },
  };
  const { profileId } = await profile.create({
    name: "Tickets",
    settings: settings({
      mcpServers: [server1],
      variables: { TICKETS_HOST: "mcp.example:8443" },
    }),
  });
  expect((await profile.list()).find(({ name }) => name === "Tickets")).toMatchObject({
    missing: [{ server: "tickets", name: "TICKETS_TOKEN" }],
  });
  await expect(start("Tickets")).rejects.toThrow(
    'The environment "Tickets" lacks the secret "TICKETS_TOKEN", which its MCP server "tickets" needs',
  );
  await profile.setSecret({ profileId, name: "TICKETS_TOKEN", value: "tk-1" });
  const { mcpServers, allowedHosts } = await provisionOf(await start("Tickets"));
  expect(mcpServers).toEqual([
    {
      ...server1,
      url: "https://mcp.example:8443/mcp",
      headers: [{ name: "Authorization", value: "Bearer tk-1" }],
    },
  ]);
  expect(allowedHosts).toEqual(["mcp.example:8443"]);
});

test("a secret of several lines goes in, never out, and reaches the session as it is", async () => {
  const { profile } = openCaller();
  const { server, repository } = context;
  const { services } = server;
  const value = "-----BEGIN KEY-----\nfirst line of it\r\n\nlast line of it\n";
  const { profileId } = await profile.create({
    name: "Deploy",
    settings: settings({ variables: { STAGE: "test", REGION: "eu" }, setupCommands: ["make"] }),
  });
  await profile.setSecret({ profileId, name: "DEPLOY_KEY", value });
  const sessionId = await server.start({
    repository,
    profile: "Deploy",
    environment: { STAGE: "mine" },
    setupCommands: ["make more"],
  });
  expect(await provisionOf(sessionId)).toMatchObject({
    environment: { STAGE: "mine", REGION: "eu", DEPLOY_KEY: value },
    secrets: [value],
    setupCommands: ["make", "make more"],
  });
  const listed = JSON.stringify(await profile.list());
  expect(listed).toContain("DEPLOY_KEY");
  expect(listed).not.toContain("line of it");
  const rows = await services.database.sql`
    select sealed::text, convert_from(decode(encode(sealed, 'hex'), 'escape'), 'LATIN1') as text
    from profile_secrets`;
  expect(JSON.stringify(rows)).not.toContain("line of it");
  await profile.removeSecret({ profileId, name: "DEPLOY_KEY" });
  expect((await provisionOf(sessionId)).environment).not.toHaveProperty("DEPLOY_KEY");
});

test("a session whose profile was deleted says so, and goes on with one of the same name", async () => {
  const { profile } = openCaller();
  const { profileId } = await profile.create({ name: "Gone", settings: settings() });
  const sessionId = await context.server.start({
    repository: context.repository,
    profile: "Gone",
  });
  await profile.delete({ profileId });
  await expect(provisionOf(sessionId)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining('The environment "Gone" of this session was deleted'),
  });
  await profile.create({ name: "gone", settings: settings({ variables: { A: "1" } }) });
  expect(await provisionOf(sessionId)).toMatchObject({ environment: { A: "1" } });
});

test("names are taken once, defaults move, and readers change nothing", async () => {
  const { profile } = openCaller();
  await profile.create({ name: "One", isDefault: true, settings: settings() });
  await expect(profile.create({ name: "one", settings: settings() })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  await profile.create({ name: "Two", isDefault: true, settings: settings() });
  const defaults = (await profile.list()).filter(({ isDefault }) => isDefault);
  expect(defaults.map(({ name }) => name)).toEqual(["Two"]);
  const reader = openCaller({ ...owner, role: "reader" }).profile;
  const [{ profileId } = { profileId: "" }] = defaults;
  const secret = { profileId, name: "A", value: "b" };
  await expect(reader.setSecret(secret)).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(reader.delete({ profileId })).rejects.toMatchObject({ code: "FORBIDDEN" });
  const stranger = openCaller({ ...owner, teamId: "elsewhere" }).profile;
  await expect(stranger.setSecret(secret)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await stranger.list()).toEqual([]);
});
