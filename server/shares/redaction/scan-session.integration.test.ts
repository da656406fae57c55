import { afterEach, expect, test } from "vitest";
import { message, part } from "#server/items/testing/item-session.ts";
import { useItemsTest } from "#server/items/testing/use-items-test.ts";
import type { SessionFollower } from "#server/live/follow-sessions.ts";
import { listFindings } from "./list-findings.ts";
import { scanSession } from "./scan-session.ts";
import { startSecretScanner } from "./secret-scanner.ts";

const harness = useItemsTest();
let scanner: SessionFollower | null = null;
afterEach(async () => {
  await scanner?.stop();
  scanner = null;
});

const GITHUB = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;
const never = new AbortController().signal;
const scan = () => scanSession(harness.context, harness.session.sessionId, never);
const list = () => listFindings(harness.context.database, harness.session);

test("secrets are found once for each different one, and not stored", async () => {
  await harness.write([
    message("msg_a"),
    part("msg_a", "prt_a", `${GITHUB} and again ${GITHUB}`),
    part("msg_a", "prt_b", `DB_PASSWORD=hunter2!horse ${GITHUB}`),
  ]);
  expect(await list()).toMatchObject({ findings: [], isComplete: false });
  expect(await scan()).toBe(true);
  expect(await list()).toMatchObject({
    isComplete: true,
    definiteCount: 1,
    possibleCount: 1,
    findings: [
      {
        label: "GitHub token",
        isDefinite: true,
        placeCount: 3,
        preview: "ghp_•••••••• (40 characters)",
        partId: "prt_a",
      },
      { isDefinite: false, placeCount: 1, preview: "•••••••• (13 characters)", partId: "prt_b" },
    ],
  });
  const rows = await harness.context.database.sql`select * from secret_findings`;
  expect(JSON.stringify(rows)).not.toMatch(/hunter2|a1B2c3/);
});

test("twice finds the same; what is changed or deleted takes its findings along", async () => {
  await harness.write([
    message("msg_a"),
    part("msg_a", "prt_a", GITHUB),
    part("msg_a", "prt_b", GITHUB),
  ]);
  await Promise.all([scan(), scan()]);
  expect((await list()).findings).toMatchObject([{ placeCount: 2 }]);
  await harness.write([part("msg_a", "prt_a", "nothing any more")]);
  expect(await list()).toMatchObject({ isComplete: false });
  await scan();
  expect((await list()).findings).toMatchObject([{ placeCount: 1 }]);
  await harness.write([{ ...part("msg_a", "prt_b"), deleted: true }]);
  await scan();
  expect(await list()).toMatchObject({ findings: [], isComplete: true });
});

test("bodies that are blobs are looked through", async () => {
  const text = `${"filler text\n".repeat(200_000)}${GITHUB}\n`;
  await harness.write([message("msg_a"), part("msg_a", "prt_a", text)]);
  await scan();
  expect((await list()).findings).toMatchObject([{ placeCount: 1, partId: "prt_a" }]);
});

test("many batches come to their end, and a stop in the middle loses nothing", async () => {
  const parts = Array.from({ length: 450 }, (_, n) =>
    part("msg_a", `prt_${String(n).padStart(4, "0")}`, GITHUB),
  );
  await harness.write([message("msg_a"), ...parts]);
  const stopping = new AbortController();
  const stopped = scanSession(harness.context, harness.session.sessionId, stopping.signal);
  setTimeout(() => stopping.abort(), 20);
  await stopped;
  await scan();
  expect(await list()).toMatchObject({ isComplete: true, findings: [{ placeCount: 450 }] });
});

test("a session that was deleted meanwhile gets no findings", async () => {
  await harness.write([message("msg_a"), part("msg_a", "prt_a", GITHUB)]);
  await harness.context.database
    .sql`update sessions set deleted_at = now() where id = ${harness.session.sessionId}`;
  expect(await scan()).toBe(true);
  expect((await list()).findings).toEqual([]);
});

test("the scanner finds by itself what nobody told it of", async () => {
  await harness.write([message("msg_a"), part("msg_a", "prt_a", GITHUB)]);
  const { log } = await import("#server/log.ts");
  scanner = startSecretScanner({
    ...harness.context,
    log,
    bus: {
      ...harness.context.bus,
      subscribe: () => () => {},
      onReconnect: () => () => {},
    } as never,
  });
  await expect.poll(async () => (await list()).isComplete, { timeout: 10_000 }).toBe(true);
  expect((await list()).definiteCount).toBe(1);
});
