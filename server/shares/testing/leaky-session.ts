import { createHash } from "node:crypto";
import { createMessageId, createPartId } from "#lib/ids.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { ItemInput } from "#server/items/item-input.ts";

/** A token that stands in one place only, so that one that gets out says where it was. */
export const tokenOf = (place: string): string =>
  `ghp_${createHash("sha512").update(place).digest("base64").replaceAll(/[+/=]/g, "").slice(0, 36)}`;

const base64 = (text: string) => Buffer.from(text).toString("base64");
const long = (bytes: number) => "plain words of an orchard ".repeat(Math.ceil(bytes / 26));
const HEAD_BYTES = JSON.stringify({ id: createPartId(), messageID: createMessageId() }).length;

/** Behind `members` of its part, `text` lies across the end of what pages get of a body. */
const acrossCut = (text: string, members: string): string =>
  `${long(8_192).slice(0, PREVIEW_MAX_BYTES - HEAD_BYTES - members.length - text.length / 2)} ${text}`;

let clockMs = Date.UTC(2026, 2, 5);

interface Body extends Record<string, unknown> {
  type: string;
}

function message(data: object): ItemInput {
  clockMs += 60_000;
  const id = createMessageId();
  const body = JSON.stringify({ id, time: { created: clockMs }, ...data });
  return { type: "message", messageId: id, partId: "", body };
}

function part({ messageId }: ItemInput, data: Body): ItemInput {
  const partId = createPartId();
  const body = JSON.stringify({ id: partId, messageID: messageId, ...data });
  return { type: "part", messageId, partId, body };
}

const tool = (state: object): Body => ({ type: "tool", tool: "bash", callID: "c", state });

/** What stands in the session, by what has to be hidden for it to stay here. */
export const marks = {
  /** Always. */
  never: ["the-system-prompt", "usr_local", "team_local"],
  reasoning: ["the-reasoning", "the-thinking"],
  output: ["the-output", "the-attachment", "the-late-file", "the-unknown-kind", "the-patch"],
  path: ["/home/ann", "/srv/orchard", "C:\\Users\\ann"],
  first: ["the-first-turn"],
  third: ["the-third-turn"],
  /** What the agent remembers of all that went before. */
  summary: ["the-summary", "the-failure-of-it"],
};

/** Where a token stands: one for each kind of place. */
export const places: string[] = [];

const secret = (place: string): string => {
  if (!places.includes(place)) places.push(place);
  return tokenOf(place);
};

export interface LeakySession {
  first: ItemInput[];
  second: ItemInput[];
  third: ItemInput[];
}

/** Three turns with tokens, paths and marks wherever something can stand; `sessionId` as agents write it into parts. */
export function createLeakySession(sessionId: string): LeakySession {
  const [one, two, three] = [prompt(), prompt(), prompt()];
  const answer = message({
    role: "assistant",
    path: { cwd: "/srv/orchard/trees", root: "/srv/orchard/trees" },
    system: ["the-system-prompt", secret("system prompt")],
    modelID: "apple-1",
    error: { name: "ProviderError", data: { message: `401 for ${secret("error")}` } },
  });
  const of = (data: Body) => part(answer, { ...data, sessionID: sessionId });
  return {
    first: [one, part(one, { type: "text", text: `the-first-turn ${secret("first turn")}` })],
    second: [
      two,
      ...promptParts(two),
      answer,
      ...[...reasoning(), ...calls(), ...files(), ...others()].map(of),
    ],
    third: [three, part(three, { type: "text", text: `the-third-turn ${secret("third turn")}` })],
  };
}

const prompt = () => message({ role: "user" });

const promptParts = (two: ItemInput): ItemInput[] => [
  part(two, { type: "text", text: `Push with ${secret("prompt")}` }),
  part(two, {
    type: "text",
    text: acrossCut(secret("prompt at the cut"), ',"type":"text","text":"'),
  }),
  // OpenCode writes the members in this order.
  part(two, { type: "text", text: `the-late-file ${long(3_000)}`, synthetic: true }),
  part(two, { type: "text", text: `the-late-file ${long(20_000)}`, synthetic: true }),
  part(two, { type: "file", mime: "text/plain", filename: `${secret("file name")}.txt`, url: "" }),
];

const reasoning = (): Body[] => [
  { type: "reasoning", text: `the-reasoning ${secret("reasoning")}` },
  {
    type: "reasoning",
    text: `the-reasoning ${long(2_100_000)} ${secret("reasoning in the store")}`,
  },
  { type: "thinking", thinking: `the-thinking ${secret("thinking")}` },
];

const TOOL_MEMBERS =
  ',"type":"tool","tool":"bash","callID":"c","state":{"status":"completed","input":{"content":"';

const calls = (): Body[] => [
  tool({
    status: "completed",
    input: { command: `curl -H 'x: ${secret("input")}' /home/ann/a`, [secret("name")]: 1 },
    output: `the-output ${long(50_000)}${secret("output of 100 KB")} ${long(50_000)}`,
    title: `In /srv/orchard/trees/${secret("title of a call")}`,
    metadata: { output: `the-output ${secret("metadata")}` },
    attachments: [
      {
        type: "file",
        url: `data:text/plain;base64,${base64(`the-attachment ${secret("attachment")}`)}`,
      },
    ],
  }),
  tool({
    status: "completed",
    input: { content: acrossCut(secret("input at the cut"), TOOL_MEMBERS) },
    output: "the-output",
  }),
  tool({
    status: "completed",
    input: { command: "cat" },
    output: `the-output \u001b[01;31m\u001b[K${secret("colour")}\u001b[m and ${JSON.stringify({ a: JSON.stringify({ key: `\n${secret("JSON in JSON")}` }) })} and https://host/?a%3D${secret("address")} and https://host/${secret("path")}`,
  }),
  tool({
    status: "completed",
    input: {},
    // The file ends several windows of the rewriting behind its beginning.
    output: `the-output ${long(1_000_000)} data:text/plain;base64,${base64(`${long(900_000)}${secret("file in a text in the store")}`)} ${secret("output in the store")}`,
  }),
  tool({ status: "error", input: {}, error: `the-output ${secret("failure")}` }),
];

const files = (): Body[] => [
  {
    type: "text",
    text: `see data:;base64,${base64(secret("file without a type"))} and data:text/plain;name="a b";base64,${base64(secret("file with a name"))}`,
  },
  {
    type: "file",
    source: {
      type: "base64",
      media_type: "text/plain",
      data: base64(`KEY=${secret("short file")}\n`),
    },
  },
  { type: "file", mime: "text/plain", url: `data:text/plain;base64,${base64(secret("file"))}` },
  {
    type: "file",
    mime: "image/png",
    url: `data:image/png;base64,${base64(secret("false picture"))}`,
  },
  {
    type: "file",
    mime: "text/plain",
    url: `data:text/plain;base64,${base64(long(300_000) + secret("large file"))}`,
  },
  { type: "resource", mimeType: "text/plain", blob: base64(`${long(300)} ${secret("resource")}`) },
  {
    type: "text",
    text: `![a](data:text/html;base64,${base64(`${long(90)} ${secret("file in a text")}`)})`,
  },
  {
    type: "file",
    mime: "text/plain",
    url: "file:///home/ann/b.txt",
    source: { path: "C:\\Users\\ann\\c.txt" },
  },
];

const others = (): Body[] => [
  { type: "unheard-of", data: `the-unknown-kind ${secret("unknown kind")}` },
  {
    type: "compaction",
    auto: true,
    compactionId: "c",
    status: "failed",
    summary: `the-summary ${secret("summary")}`,
    error: `the-failure-of-it ${secret("failed compaction")}`,
  },
  { type: "patch", files: [`the-patch ${secret("patch")}`] },
  {
    data: `${long(9_000)} ${secret("kind at the end")}`,
    text: "the-unknown-kind",
    type: "odd",
  },
  { type: "text", text: `An answer from /srv/orchard/trees/x ${secret("answer")}` },
];
