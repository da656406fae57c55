import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { exitCodes } from "./exit-codes.ts";
import { loadFixture } from "#server/transcripts/testing/read-fixture.ts";
import { usePush } from "./testing/use-push.ts";
import { useBatchCommand } from "./testing/use-batch-command.ts";

const push = usePush();
const batch = useBatchCommand();

/** The transcript under a name that says nothing. */
async function place(name: string, folder: string): Promise<string> {
  const from = new URL(`../transcripts/testing/fixtures/${name}`, import.meta.url);
  const path = join(folder, `${name}.txt`);
  await copyFile(fileURLToPath(from), path);
  return path;
}

test("a transcript is pushed like any file, and again to the same session", async () => {
  const path = await place("claude-edit.jsonl", push.folder);
  const first = await push.run([path]);
  expect(first.exitCode).toBe(exitCodes.complete);
  expect(first.notes.at(-1)).toBe("30 items stored");
  const copy = await place("claude-edit.jsonl", push.folder);
  const again = await push.run([copy, "--title", "Again"]);
  expect(again.sessionId).toBe(first.sessionId);
  expect(again.notes.at(-1)).toBe("0 items stored, 30 were there already");
});

test("a transcript is not watched, and no batch starts from its lines: both say what to do", async () => {
  const path = await place("codex-shell.jsonl", push.folder);
  const refused = { exitCode: exitCodes.usage, message: expect.stringContaining("of Codex. ") };
  await expect(push.run([path, "--watch"])).rejects.toMatchObject(refused);
  await expect(batch.ask(["start", path])).rejects.toMatchObject(refused);
});

test.each(["claude-question.jsonl", "codex-shell.jsonl", "gemini-document.txt"])(
  "%s on standard input is not cut into lines",
  async (name) => {
    const stdin = Readable.from([await loadFixture(name)]);
    await expect(batch.run(["-"], { stdin })).rejects.toMatchObject({
      exitCode: exitCodes.usage,
      message: expect.stringMatching(/^Standard input is a transcript of .*`millrace push -`/),
    });
  },
);

test("lines of a batch name uploads that are transcripts, or hold a document of one", async () => {
  const { body } = await batch.ingest.push(
    batch.ingest.newSessionId(),
    new Uint8Array(await loadFixture("claude-edit.jsonl")),
  );
  const document = JSON.parse((await loadFixture("gemini-document.txt")).toString()) as object;
  const path = await batch.writeLines("transcripts.ndjson", [
    JSON.stringify({ index: 0, upload: body.upload.uploadId }),
    JSON.stringify({ index: 1, ...document }),
  ]);
  const { exitCode, batchId } = await batch.run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  const [named, held] = await batch.itemsOf(batchId);
  expect(named).toMatchObject({ state: "done", sessionId: body.upload.sessionId });
  const stored = await batch.ingest.storedItems(held?.sessionId ?? "");
  expect(stored.filter(({ type }) => type === "message")).toHaveLength(12);
  const { sql } = batch.ingest.services().database;
  const rows =
    await sql`select source, external_id from sessions where id = ${held?.sessionId ?? ""}`;
  expect(rows[0]).toMatchObject({
    source: "gemini",
    external_id: "981c87cb-90ef-4c7f-948d-23173ff43e4e",
  });
});
