import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { useItemsTest } from "#server/items/testing/use-items-test.ts";
import { readRecordedSession } from "./read-recorded-session.ts";
import { createTurnRecorder } from "./turn-recorder.ts";

const harness = useItemsTest();
const readSession = () => readRecordedSession(harness.context.database, harness.session);

/** Records a turn that the agent gave this title. */
async function takeTurn(title: string) {
  const recorder = createTurnRecorder({
    sessionId: harness.session.sessionId,
    promptMessageId: createMessageId(),
    promptText: "Look",
    agentLabel: "Scripted",
    session: await readSession(),
    writeItems: async (items) => void (await harness.write(items)),
    publish: () => {},
  });
  void recorder.onUpdate({ sessionUpdate: "session_info_update", title });
  await recorder.finish({ stopReason: "end_turn", usage: { inputTokens: 7 } });
}

test("a session that says nothing of itself has its row's title and time", async () => {
  const { title, created_at: createdAt } = await harness.readSession();
  const recorded = await readSession();
  expect(recorded).toMatchObject({
    isTitleFixed: false,
    info: {
      id: harness.session.sessionId,
      title,
      time: { created: Date.parse(String(createdAt)) },
    },
  });
});

test("the item of one turn is what the next goes on from, and the row agrees with it", async () => {
  await takeTurn("Pears");
  expect(await harness.readSession()).toMatchObject({ title: "Pears", title_source: "agent" });
  await takeTurn("Apples");
  expect(await readSession()).toMatchObject({ info: { title: "Apples", tokens: { input: 14 } } });
});

test("writing the title that a prompt gave does not make it the agent's", async () => {
  await takeTurn("");
  expect((await harness.readSession())["title_source"]).toBe("prompt");
});

test("a person's title counts", async () => {
  const { sql } = harness.context.database;
  await sql`
    update sessions set title = 'Mine', title_source = 'person'
    where id = ${harness.session.sessionId}`;
  await takeTurn("Pears");
  expect(await readSession()).toMatchObject({ isTitleFixed: true, info: { title: "Mine" } });
});

test.each([
  ["nobody's mark", {}],
  ["ours and a project", { metadata: { millrace: { recorded: true } }, projectID: "global" }],
])("an item that was brought stays as it came: %s", async (_name, members) => {
  const body = JSON.stringify({ id: "ses_other", title: "Brought", ...members });
  await harness.write([{ type: "session", messageId: "", partId: "", body }]);
  expect(await readSession()).toBeNull();
  await takeTurn("Pears");
  const row = (await harness.readRows()).find(({ type }) => type === "session");
  expect(row?.body).toBe(body);
});

test("a session of another generation is none", async () => {
  const { sessionId } = harness.session;
  const { database } = harness.context;
  expect(await readRecordedSession(database, { sessionId, generation: 2 })).toBeNull();
});
