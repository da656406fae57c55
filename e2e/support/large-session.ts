import { Readable } from "node:stream";
import { expect, type Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";

/** Items of one turn: a prompt of two, eight steps of six, and an answer of two. */
export const TURN_ITEMS = 52;
const STEPS = 8;
const FIRST_CREATED_MS = Date.UTC(2026, 0, 5, 9);

/** What only the last answer says. */
export const LAST_WORDS = "The last pear is picked";

export interface LargeSession {
  sessionId: string;
  itemCount: number;
  lastMessageId: string;
  lastPartId: string;
}

/** Brings a session in the shapes of a real agent, turn by turn, and waits until all of it is stored. */
export async function bringSession(
  page: Page,
  { turnCount, url }: { turnCount: number; url: string },
): Promise<LargeSession> {
  const sessionId = createSessionId();
  const cookies = await page.context().cookies();
  const response = await fetch(`${url}/api/v1/sessions/${sessionId}/ingest`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: url,
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    },
    body: Readable.toWeb(Readable.from(sessionDocument(turnCount))) as ReadableStream,
    duplex: "half",
  } as RequestInit);
  expect(response.status, await response.text()).toBeLessThan(300);
  const last = turnCount - 1;
  const itemCount = turnCount * TURN_ITEMS;
  await expect
    .poll(() => readOutlineCount(page, sessionId), { timeout: 120_000, intervals: [500] })
    .toBe(turnCount);
  return {
    sessionId,
    itemCount,
    lastMessageId: idOf("msg", last, STEPS + 1),
    lastPartId: idOf("prt", last, STEPS + 1),
  };
}

/** Prompts that are stored, once nothing is under way any more. */
async function readOutlineCount(page: Page, sessionId: string): Promise<number> {
  const ask = async <Answer>(procedure: string) => {
    const input = encodeURIComponent(JSON.stringify({ sessionId }));
    const response = await page.request.get(`/api/trpc/${procedure}?input=${input}`);
    return ((await response.json()) as { result: { data: Answer } }).result.data;
  };
  const state = await ask<{ uploads: unknown[] }>("session.get");
  if (state.uploads.length > 0) return -1;
  return (await ask<{ promptCount: number }>("transcript.outline")).promptCount;
}

/** The session as an upload, piece by piece. */
export function* sessionDocument(turnCount: number): Generator<string> {
  const info = { id: "ses_large", title: "The orchard", time: { created: FIRST_CREATED_MS } };
  yield `{"data":[${JSON.stringify({ type: "session", data: info })}`;
  for (let turn = 0; turn < turnCount; turn += 1)
    yield turnItems(turn, turn === turnCount - 1)
      .map((item) => `,\n${JSON.stringify(item)}`)
      .join("");
  yield "]}";
}

/** The prompt of a turn, counted from 0. */
export const promptIdOf = (turn: number) => idOf("msg", turn, 0);

/** Ids that sort as they were made: of a turn, a step in it, and a part of that. */
function idOf(kind: "msg" | "prt", ...places: [turn: number, step: number, part?: number]): string {
  const [turn, step, part = 0] = places;
  const digits = [
    String(turn).padStart(8, "0"),
    ...[step, part].map((n) => String(n).padStart(2, "0")),
  ];
  return `${kind}_${digits.join("")}AAAAAAAAAAAAAA`;
}

function turnItems(turn: number, isLast: boolean): object[] {
  const created = FIRST_CREATED_MS + turn * 300_000;
  const promptId = idOf("msg", turn, 0);
  const prompt = `Turn ${turn + 1}: look at tree ${turn % 97} of the orchard, and prune what is dead.`;
  const end = STEPS + 1;
  return [
    { type: "message", data: { id: promptId, role: "user", time: { created } } },
    {
      type: "part",
      data: { id: idOf("prt", turn, 0), messageID: promptId, type: "text", text: prompt },
    },
    ...Array.from({ length: STEPS }, (_, step) => stepItems(turn, step + 1)).flat(),
    { type: "message", data: answerInfo(turn, end) },
    {
      type: "part",
      data: {
        id: idOf("prt", turn, end),
        messageID: idOf("msg", turn, end),
        type: "text",
        text: isLast ? `${LAST_WORDS}.\n\n${answerText(turn)}` : answerText(turn),
        time: { start: created + end * 10_000, end: created + end * 10_000 + 2_000 },
      },
    },
  ];
}

function answerInfo(turn: number, step: number) {
  const created = FIRST_CREATED_MS + turn * 300_000 + step * 10_000;
  return {
    id: idOf("msg", turn, step),
    role: "assistant",
    parentID: idOf("msg", turn, 0),
    modelID: "pomona-1",
    providerID: "orchard",
    time: { created, completed: created + 9_000 },
    cost: 0.0123,
    tokens: { input: 1_200, output: 240, reasoning: 80, cache: { read: 9_000, write: 100 } },
  };
}

/** A message, its marks, some thinking, and two calls of tools. */
function stepItems(turn: number, step: number): object[] {
  const info = answerInfo(turn, step);
  const part = (number: number, data: object) => ({
    type: "part",
    data: { id: idOf("prt", turn, step, number), messageID: info.id, ...data },
  });
  const time = { start: info.time.created + 1_000, end: info.time.created + 4_000 };
  const path = `src/trees/tree-${(turn * 7 + step) % 97}.ts`;
  const lines = (turn + step) % 40 === 0 ? 400 : 20;
  const output = Array.from({ length: lines }, (_, n) => `${n + 1}: branch ${n} of ${path}`);
  return [
    { type: "message", data: info },
    part(1, { type: "step-start" }),
    part(2, { type: "reasoning", text: `Tree ${step} may be dead. I look at ${path}.`, time }),
    part(3, {
      type: "tool",
      tool: "read",
      callID: `call_${turn}_${step}`,
      state: { status: "completed", input: { filePath: path }, output: output.join("\n"), time },
    }),
    part(4, {
      type: "tool",
      tool: "bash",
      callID: `call_${turn}_${step}b`,
      state: {
        status: "completed",
        input: { command: `npm test -- ${path}` },
        output: "\u001b[32m✓\u001b[0m 12 tests passed\n",
        time,
      },
    }),
    part(5, { type: "step-finish", tokens: info.tokens, cost: info.cost }),
  ];
}

function answerText(turn: number): string {
  const rows = Array.from({ length: 6 }, (_, n) => `| ${n} | tree ${turn + n} | pruned |`);
  return [
    `## What I did in turn ${turn + 1}`,
    "I walked along the row and looked at **every branch** of it. Dead wood is gone; what was only bent I tied up again.",
    "- checked the `roots`\n- cut what was dead\n- wrote it down in [the log](https://example.org/log)",
    "```ts\nexport function prune(tree: Tree): Tree {\n  return { ...tree, branches: tree.branches.filter(isAlive) };\n}\n```",
    `| # | tree | state |\n|---|---|---|\n${rows.join("\n")}`,
    "Next I would water the young ones, because the week will be dry.",
  ].join("\n\n");
}
