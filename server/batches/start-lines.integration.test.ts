import { beforeAll, expect, test, vi } from "vitest";
import { createProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { openEnvironment, type StoredEnvironment } from "#server/secrets/session-environment.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { startBatchWorker } from "./batch-worker.ts";
import { keepAttachments } from "./keep-attachments.ts";

/** Nobody works on sessions here, so each keeps its slot. */
const server = useIngest({ isIdle: true, environment: { MAX_ACTIVE_SESSIONS: "40" } });

beforeAll(async () => {
  const { services } = server.web().server;
  const worker = await startBatchWorker(services, { over: services.draining });
  services.draining.addEventListener("abort", () => void worker.stop());
});

const post = (path: string, body: string, type = "application/json") =>
  server.ask("POST", `/api/v1/batches${path}`, { body, headers: { "content-type": type } });

async function newBatch(asked: object = {}): Promise<string> {
  const defaults = { repository: "owner/name", branch: "main" };
  const batch = { kind: "start", defaults, concurrency: 4, ...asked };
  return (await post("", JSON.stringify(batch))).body.batch.batchId;
}

const send = (batchId: string, ...lines: object[]) =>
  post(
    `/${batchId}/items`,
    lines.map((line) => JSON.stringify(line)).join("\n"),
    "application/x-ndjson",
  );

interface StartedRow extends StoredEnvironment {
  sessionId: string;
  profile: string | null;
}

/** Sessions of a batch's lines, in their order, as soon as all have one. */
const sessionsOf = (batchId: string, count: number) =>
  vi.waitFor(
    async () => {
      const rows = await server.services().database.sql<StartedRow[]>`
        select s.repository, s.requested_branch as branch, s.agent_id as agent,
          s.setup_commands as "setupCommands", s.auto_initiate as "autoInitiate",
          s.profile_name as profile, p.text as prompt, s.id as "sessionId", s.environment,
          s.sealed_environment as "sealedEnvironment", s.environment_key_id as "environmentKeyId",
          array(
            select attachment_id from prompt_attachments a
            where a.session_id = s.id order by position
          ) as attachments
        from batch_items i join sessions s on s.id = i.session_id
          join prompts p on p.session_id = s.id
        where batch_id = ${batchId} order by index`;
      expect(rows).toHaveLength(count);
      return rows;
    },
    { timeout: 20_000 },
  );

test("a line says what its session is, and the batch what lines leave out", async () => {
  const batchId = await newBatch();
  const own = {
    prompt: "Mill it",
    repository: "owner/other",
    branch: "next",
    agent: "millrace",
    setupCommands: ["npm ci"],
    autoInitiate: false,
  };
  const environment = { GRIST: "1" };
  expect(
    (await send(batchId, { index: 0, ...own, environment }, { index: 1, prompt: "Look" })).body,
  ).toMatchObject({
    accepted: 2,
    refusedCount: 0,
  });
  const [first, second] = await sessionsOf(batchId, 2);
  expect(first).toMatchObject({ ...own, repository: expect.stringContaining("owner/other") });
  expect(await openEnvironment(server.services(), first!.sessionId, first!)).toEqual(environment);
  expect(second).toMatchObject({
    prompt: "Look",
    repository: expect.stringContaining("owner/name"),
    branch: "main",
    autoInitiate: true,
  });
});

test.each([
  [{ attachments: [{ upload: "upl_019a00000000abcdefghijklmn" }] }, "attachments"],
  [{ profile: " " }, "profile"],
  [{ upload: "upl_019a00000000abcdefghijklmn" }, "upload"],
  [{ messageId: "msg_019a00000000abcdefghijklmn" }, "messageId"],
  [{ mode: "sync" }, "mode"],
  [{ agent: "nobody" }, "agent"],
  [{ repository: "ftp://example.com/x" }, "repository"],
  [{ branch: "../x" }, "branch"],
  [{ prompt: " " }, "prompt"],
  [{ setupCommands: [""] }, "setupCommands"],
  [{ environment: { "1X": "y" } }, "environment"],
])(
  "a line with %j is refused by the name of the field, and no session is begun",
  async (bad, field) => {
    const batchId = await newBatch({ expectedCount: 1 });
    const { body } = await send(batchId, { index: 0, prompt: "Look", ...bad });
    expect(body).toMatchObject({
      accepted: 0,
      refused: [{ index: 0, fault: "invalid", reason: expect.stringContaining(field) }],
    });
    expect((await server.ask("GET", `/api/v1/batches/${batchId}`)).body.batch).toMatchObject({
      state: "done",
      counts: { failed: 1 },
    });
    const [item] = (await server.ask("GET", `/api/v1/batches/${batchId}/items`)).body.items;
    expect(item).toMatchObject({ sessionId: null, reason: expect.stringContaining(field) });
  },
);

test("names that no text of the database can hold are refused like others", async () => {
  const batchId = await newBatch();
  const long = "x".repeat(100_000);
  const { status, body } = await send(
    batchId,
    { index: 0, prompt: "Look", "a\0b": 1 },
    { index: 1, prompt: "Look", "a\uD800b": 1 },
    { index: 2, prompt: "Look", [long]: 1 },
    { index: 3, prompt: "Look" },
  );
  expect({ status, accepted: body.accepted }).toEqual({ status: 200, accepted: 1 });
  const reasons = body.refused.map(({ reason }: { reason: string }) => reason);
  expect(reasons.slice(0, 2)).toEqual(Array(2).fill('There is no field "a\uFFFDb"'));
  expect(reasons[2].length).toBeLessThan(1_000);
});

async function attach(name: string): Promise<string> {
  const { body } = await server.ask("POST", `/api/v1/attachments?name=${name}`, { body: "grist" });
  return body.attachment.attachmentId;
}

test("a line may name a profile and files, and so may the batch for all of them", async () => {
  const services = server.services();
  for (const name of ["Strict", "Lenient"])
    await createProfile(services, owner, newProfile.parse({ name, settings: {} }));
  const [shared, own] = [await attach("shared.txt"), await attach("own.txt")];
  const defaults = { repository: "owner/name", profile: "strict", attachments: [shared] };
  const batchId = await newBatch({ defaults });
  const lines = [
    { index: 0, prompt: "Look" },
    { index: 1, prompt: "Look", profile: "Lenient", attachments: [own, shared] },
    { index: 2, prompt: "Look", profile: null, attachments: [] },
  ];
  expect((await send(batchId, ...lines)).body).toMatchObject({ accepted: 3 });
  expect(await sessionsOf(batchId, 3)).toMatchObject([
    { profile: "Strict", attachments: [shared] },
    { profile: "Lenient", attachments: [own, shared] },
    { profile: null, attachments: [] },
  ]);
});

test.each([
  [{ profile: "nobody's" }, 'profile: There is no environment "nobody\'s"'],
  [
    { attachments: ["att_d0fd1e0f120024pAjuUaJOxDLa"] },
    "attachments: A file of this prompt is gone",
  ],
])("a line with %j fails by that name, and starts nothing", async (missing, reason) => {
  const batchId = await newBatch({ expectedCount: 1 });
  await send(batchId, { index: 0, prompt: "Look", ...missing });
  await expect
    .poll(async () => (await server.ask("GET", `/api/v1/batches/${batchId}/items`)).body.items, {
      timeout: 20_000,
    })
    .toMatchObject([
      { state: "failed", sessionId: null, fault: null, reason: expect.stringContaining(reason) },
    ]);
});

test("files that waiting lines name are kept, others may go", async () => {
  const services = server.services();
  const { sql } = services.database;
  const files = [await attach("of-all.txt"), await attach("of-one.txt"), await attach("no.txt")];
  const [ofAll, ofOne, ofNone] = files;
  const batchId = await newBatch({
    defaults: { repository: "owner/name", attachments: [ofAll] },
    concurrency: 1,
  });
  await send(batchId, { index: 0, prompt: "Look", attachments: [ofOne] });
  await sessionsOf(batchId, 1);
  await sql`delete from prompt_attachments`;
  // As if its turn had not come for a day.
  await sql`update batches set queued_count = 1, running_count = 0 where id = ${batchId}`;
  await sql`update batch_items set state = 'queued', retry_at = 'infinity' where batch_id = ${batchId}`;
  await sql`update attachments set used_at = now() - interval '23 hours'`;
  await keepAttachments(services);
  const kept = await sql<{ id: string }[]>`
    select id from attachments where used_at > now() - interval '1 hour'`;
  const keptIds = kept.map(({ id }) => id);
  expect(keptIds).toEqual(expect.arrayContaining([ofAll, ofOne]));
  expect(keptIds).not.toContain(ofNone);
});
