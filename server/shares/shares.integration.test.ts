import { expect, test } from "vitest";
import { createShareId } from "#lib/ids.ts";
import type { TranscriptPage } from "#lib/transcript.ts";
import { createShare } from "./create-share.ts";
import { listShares } from "./list-shares.ts";
import { copyShareToken } from "./manage-shares.ts";
import { listFindings } from "./redaction/list-findings.ts";
import { scanSession } from "./redaction/scan-session.ts";
import { newShare } from "./new-share.ts";
import { shareDeskOf } from "./share-desk.ts";
import { owner, turn, useSharesTest } from "./testing/use-shares-test.ts";

const shares = useSharesTest();
const database = () => shares.web.server.services.database;

const GITHUB = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;
/** As it begins. */
const PICTURE = "data:image/png;base64,iVBORw0KGgo=";

async function readTexts(token: string, rest = "transcript?around=start"): Promise<string> {
  const { status, text } = await shares.get(token, rest);
  expect(status, text).toBe(200);
  return (JSON.parse(text) as TranscriptPage).items
    .map(({ body, preview }) => body ?? preview)
    .join("\n");
}

test("a link shows the session and nothing of whose it is", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const { token } = await shares.share();
  expect(token).toMatch(/^[0-9A-Za-z]{27}$/);
  const texts = await readTexts(token);
  expect(texts).toContain("Plant a tree");
  expect(texts).toContain("the output");
  expect(texts).not.toContain("the system prompt");
  expect(texts).not.toContain('"cwd"');
  const response = await fetch(`${shares.web.url}/api/v1/shares/${token}/outline`);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": expect.stringContaining("noindex"),
  });
});

test("only a hash of the token is stored, and the same token can be had again", async () => {
  const { shareId, token } = await shares.share();
  const [row] = await database().sql`select * from shares where id = ${shareId}`;
  expect(JSON.stringify(row)).not.toContain(token);
  expect(await copyShareToken(database(), owner, shareId)).toEqual({ token });
});

test("asking again makes no second share, and other wishes are a conflict", async () => {
  const share = newShare.parse({
    shareId: createShareId(),
    sessionId: shares.sessionId,
    mode: "live",
    password: "apple tree",
  });
  const access = { sessionId: shares.sessionId, generation: 1, teamId: owner.teamId };
  const both = await Promise.all(
    [share, share].map((each) => createShare(database(), { viewer: owner, access, share: each })),
  );
  expect(both[0]).toEqual(both[1]);
  const other = { ...share, password: "pear tree 1" };
  await expect(
    createShare(database(), { viewer: owner, access, share: other }),
  ).rejects.toMatchObject({ code: "conflict" });
});

test.each([
  {
    what: "reasoning",
    wishes: { hidesReasoning: true },
    seen: ["the output"],
    hidden: ["the reasoning"],
  },
  {
    what: "outputs",
    wishes: { hidesOutputs: true },
    seen: ["the reasoning", "cat /home"],
    hidden: ["the output"],
  },
  {
    what: "paths",
    wishes: { hidesPaths: true },
    seen: ["cat ./a.txt"],
    hidden: ["/home/ann"],
  },
])(
  "hidden $what does not leave, whichever way it is asked for",
  async ({ wishes, seen, hidden }) => {
    await shares.write(turn("Plant a tree", "It grows"));
    const { token } = await shares.share(wishes);
    const page = await shares.get(token, "transcript?around=start");
    for (const text of seen) expect(page.text).toContain(text);
    for (const text of hidden) {
      expect(page.text).not.toContain(text);
      const found = await shares.get(token, `find?text=${encodeURIComponent(text)}`);
      expect(JSON.parse(found.text)).toMatchObject({ found: [] });
    }
    const rows = await database().sql<
      { seq: string }[]
    >`select seq from items where session_id = ${shares.sessionId}`;
    for (const { seq } of rows) {
      const { text } = await shares.get(token, `items/${seq}/body`);
      for (const each of hidden) expect(text).not.toContain(each);
    }
  },
);

test("outputs are hidden where they are too large for a page, and unknown kinds with them", async () => {
  const items = turn("Plant a tree", "It grows", "the output ".repeat(200_000));
  const { messageId } = items[2]!;
  const odd = {
    type: "part",
    messageId,
    partId: "prt_z",
    body: '{"type":"odd","data":"the output"}',
  };
  await shares.write([...items, odd]);
  const { token } = await shares.share({ hidesOutputs: true });
  const page = await shares.get(token, "transcript?around=start");
  expect(page.text).not.toContain("the output");
  expect(page.text).toContain("cat /home/ann");
  const rows = await database().sql<
    { seq: string }[]
  >`select seq from items where session_id = ${shares.sessionId}`;
  for (const { seq } of rows)
    expect((await shares.get(token, `items/${seq}/body`)).text).not.toContain("the output");
});

test("without outputs, pictures that the agent showed are hidden, and not those that came with a prompt", async () => {
  const items = turn("Plant a tree", "It grows");
  const { messageId } = items[0]!;
  const fileOf = (partId: string, metadata?: object) => {
    const file = { id: partId, messageID: messageId, type: "file", mime: "image/png", metadata };
    const body = JSON.stringify({ ...file, url: PICTURE });
    return { type: "part", messageId, partId, body } as const;
  };
  const shown = fileOf("prt_shown");
  const sent = fileOf("prt_sent", { attachment: { id: "att_1", bytes: 8 } });
  await shares.write([...items, shown, sent]);
  const withAll = await shares.share();
  expect(await readTexts(withAll.token)).toContain('"prt_shown"');
  const { token } = await shares.share({ hidesOutputs: true });
  const texts = await readTexts(token);
  expect(texts).not.toContain('"prt_shown"');
  expect(texts).toContain('"prt_sent"');
});

test("secrets are masked on every way out, and cannot be found", async () => {
  await shares.write(turn(`Use ${GITHUB}`, "It grows", `${"x ".repeat(50_000)}${GITHUB} end`));
  const { token } = await shares.share();
  const page = await shares.get(token, "transcript?around=start");
  expect(page.text).toContain("[GitHub token hidden]");
  const outline = await shares.get(token, "outline");
  expect(outline.text).toContain("Use [GitHub token hidden]");
  const rows = await database().sql<
    { seq: string }[]
  >`select seq from items where session_id = ${shares.sessionId}`;
  const bodies = await Promise.all(rows.map(({ seq }) => shares.get(token, `items/${seq}/body`)));
  expect(bodies.filter(({ text }) => text.includes("[GitHub token hidden] end"))).toHaveLength(1);
  for (const { text } of [page, outline, ...bodies])
    expect(text).not.toContain(GITHUB.slice(0, 10));
  const found = await shares.get(token, `find?text=${GITHUB.slice(0, 12)}`);
  expect(JSON.parse(found.text)).toMatchObject({ found: [] });
});

test.each(["json", "ndjson", "md", "html"])(
  "an export as %s hides what the share hides",
  async (format) => {
    const { sql } = database();
    await sql`update sessions set title = ${`Harvest with ${GITHUB}`}, repository = '/home/ann/orchard' where id = ${shares.sessionId}`;
    const large = `${"the output ".repeat(200_000)}${GITHUB}`;
    const first = turn(`Use ${GITHUB}`, "It grows", "the output");
    await shares.write([...first, ...turn("Large", "Done", large)]);
    const hidden = [GITHUB.slice(0, 12), "/home/ann", "the system prompt", shares.sessionId];
    const open = await shares.share({ hidesPaths: true });
    const all = await shares.get(open.token, `export?format=${format}`);
    expect(all.status).toBe(200);
    for (const text of hidden) expect(all.text, text).not.toContain(text);
    expect(all.text).toContain("GitHub token hidden");
    expect(all.text).toContain("the output");
    const some = await shares.share({ hidesOutputs: true, hidesReasoning: true });
    const { text } = await shares.get(some.token, `export?format=${format}`);
    expect(text).toContain("It grows");
    for (const each of ["the output", "the reasoning", GITHUB.slice(0, 12)])
      expect(text).not.toContain(each);
    const one = await shares.share({ toMessageId: first[0]!.messageId });
    expect((await shares.get(one.token, `export?format=${format}`)).text).not.toContain("Large");
  },
);

test("a secret that the owner wants shown is, and no other", async () => {
  const other = GITHUB.replaceAll("a1B2", "z9Y8");
  await shares.write(turn(`Use ${GITHUB} and ${other}`, "It grows"));
  const { services } = shares.web.server;
  await scanSession(services, shares.sessionId, new AbortController().signal);
  const { findings } = await listFindings(database(), {
    sessionId: shares.sessionId,
    generation: 1,
  });
  expect(findings).toHaveLength(2);
  const shown = await Promise.all(
    findings.map(async ({ fingerprint }) => {
      const { token } = await shares.share({ shownSecrets: [fingerprint] });
      return readTexts(token);
    }),
  );
  for (const secret of [GITHUB, other])
    expect(shown.filter((text) => text.includes(secret))).toHaveLength(1);
});

test("views are counted together, and nobody waits for it", async () => {
  const { shareId, token } = await shares.share({ allowsEmbed: true });
  const pages = await Promise.all([1, 2, 3].map(() => fetch(`${shares.web.url}/share/${token}`)));
  const headers = pages[0]!.headers;
  expect(headers.get("content-security-policy")).toContain("frame-ancestors *");
  expect(headers.has("x-frame-options")).toBe(false);
  const closed = await fetch(`${shares.web.url}/share/${"0".repeat(27)}`);
  expect(closed.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  await shareDeskOf(shares.web.server.services).views.flush();
  const [row] = await listShares(database(), owner, { sessionId: shares.sessionId });
  expect(row).toMatchObject({ shareId, viewCount: 3, lastViewedAt: expect.any(String) });
});
