import { beforeAll, expect, test, vi } from "vitest";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { startBatchWorker } from "./batch-worker.ts";

const server = useIngest({ isIdle: true, environment: { MAX_ACTIVE_SESSIONS: "4" } });

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

/** Sessions of a batch's lines, in their order, as soon as all have one. */
const sessionsOf = (batchId: string, count: number) =>
  vi.waitFor(
    async () => {
      const rows = await server.services().database.sql`
        select s.repository, s.requested_branch as branch, s.agent_id as agent,
          s.setup_commands as "setupCommands", s.environment, s.auto_initiate as "autoInitiate",
          p.text as prompt
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
    environment: { GRIST: "1" },
    autoInitiate: false,
  };
  expect(
    (await send(batchId, { index: 0, ...own }, { index: 1, prompt: "Look" })).body,
  ).toMatchObject({
    accepted: 2,
    refusedCount: 0,
  });
  const [first, second] = await sessionsOf(batchId, 2);
  expect(first).toMatchObject({ ...own, repository: expect.stringContaining("owner/other") });
  expect(second).toMatchObject({
    prompt: "Look",
    repository: expect.stringContaining("owner/name"),
    branch: "main",
    autoInitiate: true,
  });
});

test.each([
  [{ attachments: [{ upload: "upl_019a00000000abcdefghijklmn" }] }, "attachments"],
  [{ profile: "strict" }, "profile"],
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
