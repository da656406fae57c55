import { expect, test, vi } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { generateDocument } from "./testing/generated-document.ts";
import { forgetPeak, readPeakBytes } from "./testing/peak-memory.ts";
import { useUploadChildren } from "./testing/use-upload-children.ts";

const GROWTH_MAX_BYTES = 200 * 1024 * 1024;
const { children, push, readUpload } = useUploadChildren();

test("5 GB arrive whole and are cut into items, in little memory", async () => {
  const { web, worker, testDatabase } = children();
  const sessionId = createSessionId();
  const document = generateDocument(UPLOAD_MAX_BYTES * 0.98);
  const before = await Promise.all([web, worker].map(({ pid }) => forgetPeak(pid)));
  const { status } = await push(sessionId, document.stream());
  expect(status).toBe(202);
  expect(document.byteLength).toBeGreaterThan(5e9);
  await vi.waitFor(
    async () => expect(await readUpload(sessionId)).toMatchObject({ state: "done" }),
    { timeout: 500_000, interval: 500 },
  );
  const peaks = await Promise.all([web, worker].map(({ pid }) => readPeakBytes(pid)));
  const growths = peaks.map((peak, n) => peak - (before[n] ?? 0));
  console.log(`grew by ${growths.map((bytes) => Math.round(bytes / 1e6)).join(" and ")} MB`);
  expect(await readUpload(sessionId)).toEqual({
    state: "done",
    sha256: document.sha256(),
    bytes: document.byteLength,
    stored: document.itemCount,
    skipped: document.oversizedCount,
  });
  const [items] = await testDatabase.database.sql`
    select count(*)::int as count from items where session_id = ${sessionId}`;
  expect(items?.["count"]).toBe(document.itemCount);
  expect(Math.max(...growths)).toBeLessThan(GROWTH_MAX_BYTES);
});
