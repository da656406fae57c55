import { expect, test } from "vitest";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import { message, part, useIngest } from "./testing/use-ingest.ts";
import { weighSession } from "./weigh-session.ts";

const ingest = useIngest();

const tool = (n: number, name: string, output: string) => ({
  type: "part",
  data: { id: `prt_t${n}`, messageID: "msg_1", type: "tool", tool: name, state: { output } },
});

async function weigh(items: readonly object[]) {
  const sessionId = ingest.newSessionId();
  const { status, body } = await ingest.push(sessionId, JSON.stringify({ data: items }));
  if (status === 202) await ingest.ended(body.upload.uploadId);
  else expect(status).toBe(200);
  const { database } = ingest.services();
  return weighSession(database, { sessionId, generation: 1 });
}

const sizeOf = (...items: { data: unknown }[]) =>
  items.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0);

test("bytes are told by kind, by tool and by turn", async () => {
  const items = [message(0), part(1, "Hello"), message(1), tool(1, "bash", "ü".repeat(500))];
  const weight = await weigh([...items, tool(2, "read", "x")]);
  expect(weight.bytes).toBe(sizeOf(...items, tool(2, "read", "x")));
  expect(weight.itemCount).toBe(5);
  expect(weight.groups).toEqual([
    { type: "part", kind: "tool", tool: "bash", bytes: sizeOf(items[3] as never), count: 1 },
    { type: "message", kind: null, tool: null, bytes: sizeOf(message(0), message(1)), count: 2 },
    { type: "part", kind: "tool", tool: "read", bytes: sizeOf(tool(2, "read", "x")), count: 1 },
    { type: "part", kind: "text", tool: null, bytes: sizeOf(part(1, "Hello")), count: 1 },
  ]);
  expect(weight.turnCount).toBe(1);
  expect(weight.turns).toMatchObject([
    { turn: 1, bytes: weight.bytes, messageCount: 2, messageId: "msg_0" },
  ]);
  expect(weight.turns[0]?.promptHead).toBe(JSON.stringify(part(1, "Hello").data));
});

test("a name inside a value is not the part's own", async () => {
  const nested = { id: "prt_1", messageID: "msg_0", state: { type: "tool", tool: "bash" } };
  const quoted = { id: "prt_2", messageID: "msg_0", note: '"type":"no\\', type: "text" };
  const { groups } = await weigh([
    { type: "part", data: nested },
    { type: "part", data: quoted },
  ]);
  expect(groups.map(({ kind, tool: name }) => [kind, name])).toEqual([
    ["text", null],
    [null, null],
  ]);
});

test.each([500, 8_000, 20_000, 3_000_000])(
  "a part that says what it is behind %i bytes is known by it",
  async (bytes) => {
    const state = { output: "x".repeat(bytes), metadata: { type: "no", tool: "no" } };
    const data = { state, tool: "read", id: "prt_1", messageID: "msg_0", type: "tool" };
    const apart = { type: "tool", state, tool: "bash", id: "prt_2", messageID: "msg_0" };
    const { groups } = await weigh([
      { type: "part", data },
      { type: "part", data: apart },
    ]);
    const kinds = groups.map(({ kind, tool: name }) => [kind, name]);
    // Of what lies in the blob store only the beginning is at hand.
    if (bytes > INLINE_ITEM_MAX_BYTES) expect(kinds).toContainEqual(["tool", null]);
    else
      expect(kinds.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual([
        ["tool", "bash"],
        ["tool", "read"],
      ]);
  },
);

test("a session without items weighs nothing", async () => {
  const weight = await weigh([]);
  expect(weight).toEqual({ bytes: 0, itemCount: 0, groups: [], turnCount: 0, turns: [] });
});
