import { expect, test } from "vitest";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { line, linesOf } from "./testing/lines.ts";
import { loadFixture } from "./testing/read-fixture.ts";

const ingest = useIngest();

/** As pages and the command line do: the session by its name, then its bytes. */
async function bring(document: Uint8Array, externalId: string, source = "claude") {
  const body = JSON.stringify({ source, externalId });
  const made = await ingest.ask("POST", "/api/v1/sessions", {
    body,
    headers: { "content-type": "application/json" },
  });
  const { sessionId } = made.body;
  const pushed = await ingest.push(sessionId, new Uint8Array(document));
  const upload = await ingest.ended(pushed.body.upload.uploadId);
  return { sessionId, upload, isNew: made.body.isNew };
}

const summaryOf = async (sessionId: string) => {
  const { sql } = ingest.services().database;
  const [row] = await sql`
    select title, model, git_branch as "gitBranch", git_origin as "gitOrigin", tokens::float8 as tokens,
      source, external_id as "externalId", skipped_item_count as skipped
    from sessions where id = ${sessionId}`;
  return row;
};

test("a transcript is stored with its title, model, branch and tokens, and a second time changes nothing", async () => {
  const document = await loadFixture("codex-shell.jsonl");
  const first = await bring(document, "01998190-fba6-7f40-9309-dc4e48c5844a", "codex");
  expect(first.upload).toMatchObject({ state: "done", format: "codex", skipped: 0 });
  expect(first.upload.unrecognisedBytes).toBe(0);
  expect(await summaryOf(first.sessionId)).toMatchObject({
    model: "openai/gpt-5-codex",
    gitBranch: "main",
    gitOrigin: "git@github.com:spectorasoftware/spectora-labs-monorepo-v2.git",
    source: "codex",
    skipped: 0,
  });
  const before = await ingest.storedItems(first.sessionId);
  const again = await bring(document, "01998190-fba6-7f40-9309-dc4e48c5844a", "codex");
  expect(again).toMatchObject({ sessionId: first.sessionId, isNew: false });
  expect(again.upload).toMatchObject({ state: "done", stored: 0, skipped: 0 });
  expect(await ingest.storedItems(first.sessionId)).toEqual(before);
});

test("a longer version of a file adds what is new, and ends the call that was open", async () => {
  const document = await loadFixture("claude-edit.jsonl");
  const cut = document.indexOf("\n", document.indexOf(`"name":"Edit"`)) + 1;
  const first = await bring(document.subarray(0, cut), "longer");
  const open = await toolsOf(first.sessionId);
  expect(open.at(-1)?.state.status).toBe("running");
  await bring(document, "longer");
  const closed = await toolsOf(first.sessionId);
  expect(closed.find(({ id }) => id === open.at(-1)?.id)?.state.status).toBe("error");
  const direct = await bring(document, "at-once");
  const shapes = async (sessionId: string) =>
    (await ingest.storedItems(sessionId)).map(({ type, partId }) => `${type} ${partId}`).toSorted();
  expect(await shapes(first.sessionId)).toEqual(await shapes(direct.sessionId));
});

async function toolsOf(sessionId: string) {
  const items = await ingest.storedItems(sessionId);
  const parts = items.filter(({ type }) => type === "part");
  return parts
    .map(
      ({ body }) =>
        JSON.parse(body ?? "{}") as { id: string; type: string; state: { status: string } },
    )
    .filter(({ type }) => type === "tool")
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

test("a broken line is named among what was skipped, and the others are there", async () => {
  const good = linesOf([line({ type: "user", message: { content: "hello" } })]);
  const document = Buffer.concat([good, Buffer.from(`{"type":"user","mess\n`), good]);
  const { upload, sessionId } = await bring(document, "broken");
  expect(upload).toMatchObject({ state: "done", skipped: 1 });
  const { sql } = ingest.services().database;
  const rows = await sql`select reason from skipped_items where session_id = ${sessionId}`;
  expect(rows.map(({ reason }) => reason)).toEqual(["The record is not JSON"]);
  expect(await summaryOf(sessionId)).toMatchObject({ title: "hello", skipped: 1 });
});

test("one that is larger than what is applied at once is read by the worker, and replayed without a change", async () => {
  const records = Array.from({ length: 300 }, (_, n) => [
    line({ type: "user", message: { content: `prompt ${n}` } }),
    line({
      type: "assistant",
      message: { id: `m${n}`, content: [{ type: "text", text: "x".repeat(8_000) }] },
    }),
  ]).flat();
  const { upload, sessionId } = await bring(linesOf(records), "large");
  expect(upload).toMatchObject({ state: "done", way: "stream", format: "claude", skipped: 0 });
  const before = await ingest.storedItems(sessionId);
  expect(before.filter(({ type }) => type === "message")).toHaveLength(600);
  await ingest.ask("POST", `/api/v1/uploads/${upload.uploadId}/replay`);
  expect(await ingest.ended(upload.uploadId)).toMatchObject({ state: "done", skipped: 0 });
  expect(await ingest.storedItems(sessionId)).toEqual(before);
});

test("a picture is a file of its own, which the transcript names", async () => {
  const data = Buffer.alloc(90_000, 7).toString("base64");
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data } };
  const content = [{ type: "text", text: "look" }, image];
  const { sessionId } = await bring(
    linesOf([line({ type: "user", message: { content } })]),
    "image",
  );
  const { sql } = ingest.services().database;
  const refs = await sql`select pointer from item_refs where session_id = ${sessionId}`;
  expect(refs.map(({ pointer }) => pointer)).toEqual(["/url"]);
});
