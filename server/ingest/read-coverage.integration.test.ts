import { expect, test } from "vitest";
import { readCoverage } from "./read-coverage.ts";
import { message, useIngest } from "./testing/use-ingest.ts";

const ingest = useIngest();

test("all uploads of a session count, and what became no item is told by size and name", async () => {
  const sessionId = ingest.newSessionId();
  const refused = { type: "part", data: { text: "whose am I" } };
  const texts = [
    JSON.stringify({ data: [message(0)] }),
    JSON.stringify({ data: [message(1), refused], telemetry: { clicks: 3 } }),
    JSON.stringify({ data: [message(2)], telemetry: 1, version: 2 }),
  ];
  for (const text of texts) expect((await ingest.push(sessionId, text)).status).toBe(200);
  const { database } = ingest.services();
  const coverage = await readCoverage(database, { sessionId, generation: 1, teamId: "" });
  expect(coverage).toMatchObject({
    uploadCount: 3,
    decodedBytes: texts.reduce((sum, text) => sum + text.length, 0),
    unrecognisedBytes: `${JSON.stringify(refused)}"telemetry":{"clicks":3}"telemetry":1"version":2`
      .length,
    staleCount: 0,
    itemCount: 3,
    ignoredMembers: ["telemetry", "version"],
  });
});

test("a large member that is ignored counts also when a worker reads it", async () => {
  const sessionId = ingest.newSessionId();
  const events = Array.from({ length: 40_000 }, (_, n) => `event ${n}, which is no item`);
  const { body } = await ingest.push(sessionId, JSON.stringify({ data: [message(0)], events }));
  const upload = await ingest.ended(body.upload.uploadId);
  expect(upload.way).toBe("stream");
  expect(upload.unrecognisedBytes).toBe(`"events":${JSON.stringify(events)}`.length);
});

test("a session into which nothing was brought has nothing to cover", async () => {
  const { database } = ingest.services();
  const nowhere = { sessionId: ingest.newSessionId(), generation: 1, teamId: "" };
  expect(await readCoverage(database, nowhere)).toEqual({
    uploadCount: 0,
    underWayCount: 0,
    failedCount: 0,
    cancelledCount: 0,
    decodedBytes: 0,
    unrecognisedBytes: 0,
    staleCount: 0,
    itemCount: 0,
    ignoredMembers: [],
  });
});
