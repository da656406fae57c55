import { expect, test } from "vitest";
import { createSessionId } from "#lib/ids.ts";
import { useLists } from "#server/search/testing/use-lists.ts";
import { findLinkedSession } from "./find-linked-session.ts";

const lists = useLists();

test("a session that another one names is found by either id, and only where it is here", async () => {
  const sessionId = await lists.make("parent", { source: "snapshot" });
  const child = await lists.make("child", { source: "snapshot", external_id: "ext" });
  const gone = await lists.make("gone", { deleted_at: "2026-01-01" });
  await lists.make("other", { source: "claude", external_id: "elsewhere" });
  const foreign = await lists.make("foreign");
  const { sql } = lists.services.database;
  await sql`insert into teams (id, name) values ('team_linked', 'Other')`;
  await sql`update sessions set team_id = 'team_linked' where id = ${foreign}`;
  const access = { sessionId, generation: 1, teamId: lists.viewer.teamId };
  const find = (name: string) => findLinkedSession(lists.services.database, access, name);
  expect(await find(child)).toBe(child);
  expect(await find("ext")).toBe(child);
  for (const name of [createSessionId(), sessionId, gone, foreign, "elsewhere", ""])
    expect(await find(name), name).toBeNull();
});
