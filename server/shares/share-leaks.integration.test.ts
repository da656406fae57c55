import { expect, test } from "vitest";
import { createPartId } from "#lib/ids.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { findShare } from "./find-share.ts";
import { mayBeChanged } from "./read-share-rows.ts";
import { scanSession } from "./redaction/scan-session.ts";
import { deletedOf, useSharesTest } from "./testing/use-shares-test.ts";
import { createLeakySession, marks, places, tokenOf } from "./testing/leaky-session.ts";
import type { NewShare } from "./new-share.ts";

const shares = useSharesTest();
const database = () => shares.web.server.services.database;

/** Everything that a share answers, by its address. */
async function readAll(token: string, messageIds: string[]): Promise<Map<string, string>> {
  const rows = await database().sql<{ seq: string }[]>`
    select seq from items where session_id = ${shares.sessionId}`;
  const around = [...messageIds, "start", "end", "turn:1", "turn:2", "turn:3"];
  const addresses = [
    "",
    "outline",
    `outline?after=${messageIds[0]}`,
    "usage",
    ...around.map((place) => `transcript?around=${place}`),
    ...["start", "end", "turn:2"].map((place) => `transcript?around=${place}&only=answers`),
    ...messageIds.flatMap((id) => [`transcript?before=${id}`, `transcript?after=${id}`]),
    ...rows.flatMap(({ seq }) => [`items/${seq}/body`, `items/${seq}/file`]),
    ...["json", "ndjson", "md", "html"].map((format) => `export?format=${format}`),
    ...["link", "omit"].map((refs) => `export?format=ndjson&refs=${refs}`),
  ];
  const answers = new Map<string, string>();
  for (const address of addresses) {
    const { text, headers } = await shares.get(token, address);
    answers.set(address, `${headers}\n${text}`);
  }
  return answers;
}

/** A text, and what is in it behind JSON's escapes, an address's, and base64. */
function* layersOf(text: string): Generator<string> {
  yield text;
  const plain = text
    .replaceAll(/(?:\\+)u([0-9a-f]{4})/gi, (_, code: string) =>
      String.fromCharCode(parseInt(code, 16)),
    )
    .replaceAll(/\\+/g, "\\");
  yield plain;
  yield plain.replaceAll(/%([0-9A-F]{2})/gi, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  for (const [run] of text.matchAll(/[A-Za-z0-9+/]{40,}/g))
    for (const shift of [0, 1, 2, 3])
      yield Buffer.from(run.slice(shift), "base64").toString("latin1");
}

/** What of the words got out, with the address. */
function findLeaks(answers: Map<string, string>, words: Map<string, string>): string[] {
  const leaks = new Set<string>();
  for (const [address, text] of answers)
    for (const layer of layersOf(text))
      for (const [name, word] of words)
        if (layer.includes(word)) leaks.add(`${name} by ${address}`);
  return [...leaks];
}

const cases: { what: string; wishes: Partial<NewShare>; hidden: string[]; shown: string[] }[] = [
  {
    what: "everything",
    wishes: {},
    hidden: [],
    shown: ["the-output", "the-reasoning", "/home/ann", "the-summary"],
  },
  {
    what: "everything, with what may be secrets",
    wishes: { masksPossible: false },
    hidden: [],
    shown: ["the-output"],
  },
  {
    what: "no reasoning",
    wishes: { hidesReasoning: true },
    hidden: [...marks.reasoning, ...marks.summary],
    shown: ["the-output"],
  },
  {
    what: "no outputs",
    wishes: { hidesOutputs: true },
    hidden: [...marks.output, ...marks.summary],
    shown: ["the-reasoning"],
  },
  { what: "no folders", wishes: { hidesPaths: true }, hidden: marks.path, shown: ["the-output"] },
  {
    what: "as little as possible",
    wishes: { hidesReasoning: true, hidesOutputs: true, hidesPaths: true },
    hidden: [...marks.reasoning, ...marks.output, ...marks.path, ...marks.summary],
    shown: ["Push with"],
  },
];

test.each(cases)("$what: nothing else leaves by any address", async ({ wishes, hidden, shown }) => {
  const { sessionId } = shares;
  const session = createLeakySession(sessionId);
  const { sql } = database();
  await shares.write([...session.first, ...session.second, ...session.third]);
  await sql`
    update sessions set title = ${`Harvest ${tokenOf("title")}`}, work_branch = ${`b/${tokenOf("branch")}`},
      repository = ${`https://ann:${tokenOf("repository")}@host/x.git`} where id = ${sessionId}`;
  const middle = session.second[0]!.messageId;
  const messageIds = [session.first, session.second, session.third].map(
    (turn) => turn[0]!.messageId,
  );
  const secrets = [...places, "title", "branch", "repository"].map(
    (place) => [`secret in ${place}`, tokenOf(place).slice(4, 14)] as const,
  );
  const always = [...marks.never, sessionId, ...hidden].map((word) => [word, word] as const);
  const outside = [...marks.first, ...marks.third, ...marks.summary].map(
    (word) => [word, word] as const,
  );

  const { token } = await shares.share(wishes);
  const answers = await readAll(token, messageIds);
  const all = [...answers.values()].join("\n");
  for (const word of shown) expect(all).toContain(word);
  expect(findLeaks(answers, new Map([...secrets, ...always]))).toEqual([]);

  const part = { ...wishes, fromMessageId: middle, toMessageId: middle };
  const ranged = await shares.share(part);
  const frozen = await shares.share({ ...part, mode: "frozen" });
  // What comes later, and what was around it and goes, changes nothing.
  await shares.write(deletedOf([session.first[0]!, session.third[0]!]));
  for (const each of [ranged, frozen]) {
    const words = new Map([...secrets, ...always, ...outside]);
    expect(findLeaks(await readAll(each.token, messageIds), words)).toEqual([]);
  }
});

test("a search is not slower where a share hides what it looks for", async () => {
  const session = createLeakySession(shares.sessionId);
  await shares.write([...session.first, ...session.second, ...session.third]);
  const { services } = shares.web.server;
  const { sql } = services.database;
  const { token } = await shares.share();
  const rowsLeft = async () => {
    const share = await findShare(services.database, token);
    return sql.begin(
      (tx) => tx<{ seq: string; body: string }[]>`
        select i.seq, i.body from items i
        where i.session_id = ${shares.sessionId} and i.body is not null and not ${mayBeChanged(tx, share!)}`,
    );
  };
  expect(await rowsLeft()).toEqual([]);
  await scanSession(services, shares.sessionId, new AbortController().signal);
  await shares.write([plainPart(session.second[0]!.messageId)]);
  await scanSession(services, shares.sessionId, new AbortController().signal);
  const rows = await rowsLeft();
  expect(rows.map(({ body }) => body).join()).toContain("nothing to hide");
  // What is looked at only where it holds the text leaves as it is, but for the session's id.
  for (const { seq, body } of rows) {
    const shown = (await shares.get(token, `items/${seq}/body`)).text;
    expect(shown.replaceAll(/shr_\w{26}/g, "")).toBe(body.replaceAll(shares.sessionId, ""));
  }
});

const plainPart = (messageId: string): ItemInput => ({
  type: "part",
  messageId,
  partId: createPartId(),
  body: JSON.stringify({ type: "text", text: "nothing to hide" }),
});

test("what is hidden is not found, in no part of it", async () => {
  const session = createLeakySession(shares.sessionId);
  await shares.write([...session.first, ...session.second, ...session.third]);
  const { token } = await shares.share(cases.at(-1)!.wishes);
  const words = [...places.map((place) => tokenOf(place).slice(0, 12)), ...cases.at(-1)!.hidden];
  for (const word of [...words, ...marks.never, shares.sessionId]) {
    const { text } = await shares.get(token, `find?text=${encodeURIComponent(word)}`);
    expect(JSON.parse(text), word).toMatchObject({ found: [] });
  }
});
