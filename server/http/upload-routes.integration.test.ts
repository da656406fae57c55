import { expect, test } from "vitest";
import { message, useIngest } from "#server/ingest/testing/use-ingest.ts";

const ingest = useIngest({ isIdle: true });

const pushMessage = async () => {
  const { body } = await ingest.push(ingest.newSessionId(), JSON.stringify([message(0)]));
  return body.upload as { sessionId: string; uploadId: string };
};

test.each(["%00", "upl_", "", "x".repeat(200)])(
  "uploads before %j are refused by the parameter's name",
  async (before) => {
    const { sessionId } = await pushMessage();
    for (const path of [`/sessions/${sessionId}/uploads?`, "/uploads?state=failed&"]) {
      const answer = await ingest.ask("GET", `/api/v1${path}before=${before}`);
      expect(answer).toMatchObject({ status: 400, body: { field: "before" } });
    }
  },
);

test("uploads before one are those that were accepted earlier", async () => {
  const { sessionId, uploadId } = await pushMessage();
  const later = await ingest.push(sessionId, JSON.stringify([message(2)]));
  const path = `/api/v1/sessions/${sessionId}/uploads?before=${later.body.upload.uploadId}`;
  expect((await ingest.ask("GET", path)).body.uploads).toMatchObject([{ uploadId }]);
});
