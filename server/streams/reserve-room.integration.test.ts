import { afterAll, beforeAll, expect, test } from "vitest";
import { localOwner } from "#server/accounts/local-owner.ts";
import { startTestWeb, type TestWeb } from "#server/http/testing/test-web.ts";
import { reserveRoom } from "./reserve-room.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

test("of appends of known lengths only those begin that end within the quota", async () => {
  const asked = { announcedBytes: 3_000_000, quotaBytes: 10_000_000 };
  const { services } = web.server;
  const reserve = () => reserveRoom(services, localOwner.teamId, asked);
  const rooms = await Promise.all(Array.from({ length: 10 }, reserve));
  const begun = await Promise.allSettled(rooms.map((room) => room.cover(1_000)));
  expect(begun.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
  const [begin] = rooms.filter((_, index) => begun[index]?.status === "fulfilled");
  await begin!.cover(3_000_000);
  await begin!.release();
  await (await reserve()).cover(1_000);
});
