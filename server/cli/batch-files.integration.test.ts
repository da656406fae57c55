import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { loadFixture } from "#server/transcripts/testing/read-fixture.ts";
import { exitCodes } from "./exit-codes.ts";
import { useBatchCommand } from "./testing/use-batch-command.ts";

const command = useBatchCommand();
const { ingest, run, itemsOf } = command;

const items = (title: string) => `{"type":"session","data":{"title":"${title}"}}\n`;

/** A folder of files by their paths in it. */
async function placeFiles(name: string, files: Record<string, string | Uint8Array>) {
  const folder = join(command.folder, name);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const titlesOf = async (batchId: string) => {
  const { sql } = ingest.services().database;
  const rows = await sql<{ title: string; source: string }[]>`
    select s.title, s.source from batch_items i join sessions s on s.id = i.session_id
    where i.batch_id = ${batchId} order by i.index`;
  return rows.map(({ title, source }) => `${source}: ${title}`);
};

test("files and all files of folders are a batch, in the order of their names, and again the same one", async () => {
  const folder = await placeFiles("many", {
    "10.jsonl": await loadFixture("codex-shell.jsonl"),
    "2.json": items("Pears"),
    "within/deep/a.jsonl.gz": gzipSync(await loadFixture("claude-edit.jsonl")),
    "within/.hidden.json": items("Hidden"),
    "within/notes.txt": "no session",
  });
  const extra = await placeFiles("extra", { "z.log": `[${items("Plums").trim()}]` });
  const sources = [folder, join(folder, "2.json"), join(extra, "z.log")];
  const { exitCode, batchId, notes } = await run(sources);
  expect(notes).toEqual(["4 of 4 lines done"]);
  expect(exitCode).toBe(exitCodes.complete);
  const titles = await titlesOf(batchId);
  expect(titles.map((title) => title.replace(/: .{12,}/, ""))).toEqual([
    "batch: Plums",
    "batch: Pears",
    "codex",
    "claude",
  ]);
  expect(await run(sources.toReversed())).toMatchObject({ exitCode, batchId });
  await writeFile(join(folder, "2.json"), items("Quinces"));
  expect((await run(sources)).batchId).not.toBe(batchId);
});

test("a file that is one session is a batch of one, not of its lines", async () => {
  const folder = await placeFiles("one", { "a.txt": await loadFixture("claude-question.jsonl") });
  const { exitCode, batchId } = await run([join(folder, "a.txt")]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(await itemsOf(batchId)).toMatchObject([{ index: 0, state: "done" }]);
});

test("files that cannot be read, or hold no session, are named and make it partial", async () => {
  const folder = await placeFiles("bad", {
    "1.json": "",
    "2.json": "rubbish",
    "3.json": items("Good"),
  });
  const missing = join(folder, "4.json");
  const { exitCode, batchId, notes } = await run([folder, missing]);
  expect(exitCode).toBe(exitCodes.partial);
  expect(notes).toEqual([
    `${folder}/1.json: it is empty`,
    `${missing}: it cannot be read (ENOENT)`,
    expect.stringMatching(/2\.json: /),
    "1 of 2 lines done, 1 failed",
  ]);
  expect(await itemsOf(batchId)).toMatchObject([
    { index: 0, state: "failed", sessionId: null },
    { index: 1, state: "done" },
  ]);
});

test("what holds no file, or stands alone, is said", async () => {
  const folder = await placeFiles("none", { "a.txt": "x" });
  const usage = { exitCode: exitCodes.usage };
  await expect(run([folder])).rejects.toMatchObject(usage);
  await expect(run(["-", folder])).rejects.toMatchObject(usage);
  await expect(run([join(folder, "x"), join(folder, "y")])).rejects.toMatchObject(usage);
});
