import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { owner, startTestServer, type TestServer } from "#server/sessions/testing/test-server.ts";
import { abortBatch } from "./change-batch.ts";
import { createBatch } from "./create-batch.ts";
import { postWebhook } from "./post-webhook.ts";
import { readBatch } from "./read-batches.ts";
import { sealBatch } from "./seal-batch.ts";
import { sendWebhooks } from "./send-webhooks.ts";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const never = new AbortController().signal;

let listener: Server;
let port: number;
let server: TestServer;
const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
const statuses: number[] = [];
/** No answer is given before. */
let holdAnswer: ReturnType<typeof createDeferred<void>> | null = null;

beforeAll(async () => {
  listener = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      heard.push({ headers: request.headers, body });
      const answer = () =>
        void response.writeHead(statuses.shift() ?? 204, { location: "/elsewhere" }).end();
      if (holdAnswer) void holdAnswer.promise.then(answer);
      else answer();
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  port = (listener.address() as AddressInfo).port;
  server = await startTestServer({
    environment: { ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` },
  });
});
afterAll(async () => {
  listener.close();
  await server.close();
});

async function newBatch(): Promise<string> {
  const webhook = { url: `http://127.0.0.1:${port}/hook`, secret };
  const asked = { kind: "import" as const, defaults: {}, webhook };
  return (await createBatch(server.services, owner, asked)).batchId;
}

const dueNow = () => server.services.database.sql`
  update batch_webhooks set due_at = now() where due_at is not null`;

test("the end of a batch is told, signed, until it is heard, under one id", async () => {
  const { services } = server;
  const batchId = await newBatch();
  await sendWebhooks(services, never);
  expect(heard).toEqual([]);
  await Promise.all([sealBatch(services, batchId), sealBatch(services, batchId)]);
  statuses.push(500, 302);
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await sendWebhooks(services, never);
    await dueNow();
  }
  expect(heard).toHaveLength(3);
  expect(new Set(heard.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  const { headers, body } = heard[2]!;
  expect(JSON.parse(body)).toMatchObject({ type: "batch.done", batch: { batchId, state: "done" } });
  expect(body).not.toContain(secret);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signed = [headers["webhook-id"], headers["webhook-timestamp"], body].join(".");
  const signature = createHmac("sha256", key).update(signed).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  const { webhook } = await readBatch(services.database, batchId);
  expect(webhook).toMatchObject({ attempts: 3, isDue: false, reason: null });
});

test("who does not hear is left alone after eight attempts, and the batch says why", async () => {
  const { services } = server;
  const batchId = await newBatch();
  await abortBatch(services, batchId);
  heard.length = 0;
  statuses.push(...Array.from({ length: 20 }, () => 503));
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await sendWebhooks(services, never);
    await dueNow();
  }
  expect(heard).toHaveLength(8);
  expect(heard[0]?.body).toContain("batch.aborted");
  const { webhook } = await readBatch(services.database, batchId);
  expect(webhook).toMatchObject({ isDue: false, reason: "The address answered 503" });
});

test("while an attempt waits for its answer no other one is made, and one that was heard stays heard", async () => {
  const { services } = server;
  const batchId = await newBatch();
  await abortBatch(services, batchId);
  heard.length = 0;
  statuses.length = 0;
  holdAnswer = createDeferred<void>();
  const first = sendWebhooks(services, never);
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  const [planned] = await services.database.sql<{ seconds: number }[]>`
    select extract(epoch from due_at - now())::float8 as seconds
    from batch_webhooks where batch_id = ${batchId}`;
  expect(planned?.seconds).toBeGreaterThan(30);
  // As if it had taken longer than that: the second one fails, and ends after the first was heard.
  await dueNow();
  statuses.push(500);
  const second = sendWebhooks(services, never);
  await vi.waitFor(() => expect(heard).toHaveLength(2));
  statuses.unshift(204);
  holdAnswer.resolve();
  await Promise.all([first, second]);
  const { webhook } = await readBatch(services.database, batchId);
  expect(webhook).toMatchObject({ isDue: false, sentAt: expect.any(String) });
  holdAnswer = null;
});

test("a batch that began again while its end was about to be told is told of when it ends again", async () => {
  const { services } = server;
  const { sql } = services.database;
  const batchId = await newBatch();
  await sealBatch(services, batchId);
  heard.length = 0;
  await sql`
    create function begin_again() returns trigger language plpgsql as $$ begin
      update batches set state = 'sealed' where id = new.batch_id;
      return null;
    end $$`;
  await sql`
    create trigger begin_again after update on batch_webhooks
    for each row execute function begin_again()`;
  await sendWebhooks(services, never);
  await sql`drop trigger begin_again on batch_webhooks`;
  expect(heard).toEqual([]);
  await abortBatch(services, batchId);
  await sendWebhooks(services, never);
  expect(heard.map(({ body }) => JSON.parse(body).type)).toEqual(["batch.aborted"]);
});

test.each(["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])(
  "%s is not visited unless it is allowed",
  async (host) => {
    heard.length = 0;
    const message = { url: `http://${host}:${port}/`, secret, messageId: "1", body: "{}" };
    const reason = await postWebhook(message, { allowedPrivateHosts: [], signal: never });
    expect(reason).toContain("private");
    expect(heard).toEqual([]);
  },
);
