import { expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import type { Moment } from "./testing/block-statement.ts";
import type { ExpectedItem } from "./testing/check-stored.ts";
import type { IngestChildAnswer } from "./testing/ingest-child.ts";
import {
  expectedOf,
  itemBlobMoments,
  useKillTest,
  type NamedMoment,
} from "./testing/use-kill-test.ts";
import { message, part } from "./testing/use-ingest.ts";

const kills = useKillTest();

const LARGE = 700;
/** More than 1 MiB and several batches, with an item in the middle that goes to a blob. */
const large = createDocument(1_500, (n) => (n === LARGE ? "z".repeat(2_500_000) : "y"));
/** Applied before it is answered. */
const small = createDocument(20, () => "y");

interface TestDocument {
  body: string;
  expected: ExpectedItem[];
}

function createDocument(count: number, textOf: (n: number) => string): TestDocument {
  const items = [message(0), ...Array.from({ length: count }, (_, n) => part(n, textOf(n)))];
  return { body: JSON.stringify({ data: items }), expected: expectedOf(items) };
}

/** Between every two durable steps, from the first row to the last. */
const moments: NamedMoment[] = [
  ["the upload's row", { table: "uploads", event: "insert", when: "true" }],
  ["the row of its blob", { table: "blobs", event: "insert", when: "new.purpose = 'upload'" }],
  ["the row of its segment", { table: "blob_segments", event: "insert", when: "new.n = 0" }],
  [
    "the end of its blob",
    { table: "blobs", event: "update", when: "new.purpose = 'upload' and new.state = 'complete'" },
  ],
  ["its place in the line", { table: "uploads", event: "update", when: "new.state = 'queued'" }],
  ["the claim", { table: "uploads", event: "update", when: "new.state = 'running'" }],
  ["the first items", { table: "items", event: "insert", when: "new.type = 'message'" }],
  ["items in the middle", { table: "items", event: "insert", when: "new.part_id = 'prt_600'" }],
  ...itemBlobMoments,
  ["the last items", { table: "items", event: "insert", when: "new.part_id = 'prt_1499'" }],
  ["the end", { table: "uploads", event: "update", when: "new.state = 'done'" }],
];

/** The same of a small payload, which has no queue. */
const directMoments: NamedMoment[] = [
  ["the upload's row", { table: "uploads", event: "insert", when: "true" }],
  ["the items", { table: "items", event: "insert", when: "new.type = 'message'" }],
  ["the end", { table: "uploads", event: "update", when: "new.state = 'done'" }],
];

async function push(
  { url, cookie }: IngestChildAnswer,
  { sessionId, body }: { sessionId: string; body: string },
) {
  const response = await fetch(`${url}/api/v1/sessions/${sessionId}/ingest`, {
    method: "POST",
    body,
    headers: { cookie, "content-type": "application/json", "idempotency-key": sessionId },
  });
  return { status: response.status, answer: await response.json() };
}

/** A push that is refused would never come to the moment. */
async function refused(pushed: Promise<{ status: number } | null>): Promise<void> {
  const answered = await pushed;
  if (answered !== null && answered.status >= 400) throw new Error(JSON.stringify(answered));
  await new Promise(() => {});
}

test.each(moments)("a kill -9 before %s loses nothing and doubles nothing", async (_, moment) =>
  surviveKill(moment, large),
);

test.each(directMoments)("a kill -9 of a small one before %s loses nothing", async (_, moment) =>
  surviveKill(moment, small),
);

async function surviveKill(moment: Moment, { body, expected }: TestDocument): Promise<void> {
  const sessionId = createSessionId();
  const first = await kills.startServer();
  const block = await kills.block(moment);
  const pushed = push(first.answer, { sessionId, body }).catch(() => null);
  await Promise.race([block.reached(), refused(pushed)]);
  await first.kill();
  const acknowledged = await pushed;
  await block.lift();

  const second = await kills.startServer();
  // Whoever got no answer asks again, until there is one.
  if (acknowledged === null) {
    await vi.waitFor(
      async () => expect((await push(second.answer, { sessionId, body })).status).toBeLessThan(300),
      { timeout: 60_000, interval: 200 },
    );
  }
  await vi.waitFor(
    async () => {
      const rows = await kills.database().sql`
        select state from uploads where session_id = ${sessionId}`;
      expect(rows.map(({ state }) => state as string)).toEqual(["done"]);
    },
    { timeout: 60_000, interval: 100 },
  );
  await second.end();
  await kills.expectStored(sessionId, expected);
}
