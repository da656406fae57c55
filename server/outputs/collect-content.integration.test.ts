import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { collectContent } from "./collect-content.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();
const picture = randomBytes(70_000);
const image = {
  type: "image",
  mimeType: "image/png",
  data: picture.toString("base64"),
  uri: "file:///repository/shot.png",
};
const inTool = (...blocks: unknown[]): AgentUpdate => ({
  sessionUpdate: "tool_call_update",
  toolCallId: "call_1",
  content: blocks.map((content) => ({ type: "content", content })),
});

const listed = async () => {
  const rows = await harness.services.database.sql<Record<string, unknown>[]>`
    select port, mime, bytes::int, state, source from outputs order by id`;
  return [...rows];
};

test("pictures, sounds and resources come out of what an agent says, each once in a turn", async () => {
  const content = collectContent(harness.services, harness.target);
  const sound = {
    type: "audio",
    mimeType: "audio/wav",
    data: Buffer.from("wav").toString("base64"),
  };
  const resource = { type: "resource", resource: { uri: "a/notes.txt", text: "notes" } };
  await content.take(inTool(image));
  await content.take(inTool(image, sound));
  await content.take({ sessionUpdate: "agent_message_chunk", content: resource });
  expect(await listed()).toEqual([
    { port: "shot.png", mime: "image/png", bytes: 70_000, state: "complete", source: "content" },
    { port: "audio-2.wav", mime: "audio/wav", bytes: 3, state: "complete", source: "content" },
    { port: "notes.txt", mime: "text/plain", bytes: 5, state: "complete", source: "content" },
  ]);
  const [first] = await harness.services.database.sql<{ id: string }[]>`
    select id from outputs order by id limit 1`;
  expect((await harness.bytesOf(first!.id)).equals(picture)).toBe(true);
});

test("what holds no data is nobody's output", async () => {
  const content = collectContent(harness.services, harness.target);
  const link = { type: "resource_link", uri: "https://example.com/a.png", name: "a.png" };
  for (const update of [
    inTool({ type: "text", text: "data:image/png;base64,AAAA" }, link),
    { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "x" } },
    { sessionUpdate: "plan", entries: [] },
    { sessionUpdate: "tool_call", toolCallId: "call_2" },
  ])
    expect(content.take(update)).toBeUndefined();
  expect(await listed()).toEqual([]);
});

test("a name that no output can have is not taken over", async () => {
  const content = collectContent(harness.services, harness.target);
  await content.take(inTool({ ...image, mimeType: "image/svg+xml", uri: "x/.." }));
  await content.take(inTool({ ...image, mimeType: "?", data: "AAAA", uri: undefined }));
  expect((await listed()).map(({ port }) => port)).toEqual(["image-1.svg", "file-2"]);
});

test("what does not fit into the quota is told of, and the turn goes on", async () => {
  const content = collectContent(harness.services, { ...harness.target, quotaBytes: 10 });
  await content.take(inTool(image));
  expect(await listed()).toMatchObject([{ port: "shot.png", state: "incomplete", bytes: 0 }]);
  for (let n = 0; n < 22; n += 1)
    await content.take(inTool({ ...image, data: randomBytes(20).toString("base64") }));
  expect(await listed()).toHaveLength(21);
  expect((await listed())[20]).toMatchObject({ port: "(not brought out)", state: "incomplete" });
});
