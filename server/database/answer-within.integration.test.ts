import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { findCaller } from "#server/accounts/find-caller.ts";
import { loginCookie } from "#server/accounts/login-cookie.ts";
import { isReady } from "#server/http/health-routes.ts";
import { log } from "#server/log.ts";
import { openShare } from "#server/shares/open-share.ts";
import { type Database, openDatabase } from "./database.ts";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

let copy: TestDatabase;
let database: Database;
let thaw: () => void;

/** All connections are there, and none answers. */
beforeEach(async () => {
  copy = await createTestDatabase();
  database = openDatabase(copy.url, { maxConnections: 1 });
  const thawed = createDeferred<void>();
  const frozen = createDeferred<void>();
  const holding = database.sql.begin(async () => {
    frozen.resolve();
    await thawed.promise;
  });
  thaw = () => thawed.resolve();
  await Promise.race([frozen.promise, holding]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(async () => {
  vi.useRealTimers();
  thaw();
  await database.close();
  await copy.drop();
});

test("a server whose database says nothing is not ready after 2 s, and ready when it speaks again", async () => {
  const services = { database, draining: new AbortController().signal };
  const ready = isReady(services);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await ready).toBe(false);
  thaw();
  expect(await isReady(services)).toBe(true);
});

const asks = {
  "a person": () => findCaller(services(), { cookie: loginCookie("x", { secure: false }) }),
  "somebody with a share's link": () => openShare(database, { token: "x", cookieHeader: "" }),
};
const services = () => ({ database, log, environment: { PUBLIC_URL: undefined } });

test.each(Object.entries(asks))("%s is told so within 8 s", async (_, ask) => {
  const told = ask().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(await told).toMatchObject({ code: "unavailable" });
});
