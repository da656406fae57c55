import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readServerState, removeLeftOver } from "./postmaster-file.ts";

let cluster: string;
beforeEach(async () => {
  cluster = await mkdtemp(join(tmpdir(), "millrace-cluster-"));
});
afterEach(() => rm(cluster, { recursive: true }));

const path = () => join(cluster, "postmaster.pid");
const fileOf = (pid: number) =>
  `${pid}\n${cluster}\n1795149848\n45999\n\n127.0.0.1\n  2179153        14\nready   \n`;

test("a folder without the file has no server", async () => {
  expect(await readServerState(cluster)).toEqual({ kind: "none" });
});

test("a file of a process that is gone is PostgreSQL's own to clear away", async () => {
  // Above the highest number that Linux gives to a process.
  await writeFile(path(), fileOf(4_194_305));
  expect(await readServerState(cluster)).toEqual({ kind: "none" });
});

test("a file with the number of another program is left over", async () => {
  await writeFile(path(), fileOf(process.pid));
  expect(await readServerState(cluster)).toEqual({
    kind: "left-over",
    content: fileOf(process.pid),
  });
});

test("an empty file is being written, unless it is old", async () => {
  await writeFile(path(), "");
  expect(await readServerState(cluster)).toEqual({ kind: "changing", pid: null });
  await utimes(path(), 1, 1);
  expect(await readServerState(cluster)).toEqual({ kind: "left-over", content: "" });
});

test("removes the file that was judged, and nothing else", async () => {
  await writeFile(path(), "judged");
  await removeLeftOver(cluster, "judged");
  expect(await readdir(cluster)).toEqual([]);
  await removeLeftOver(cluster, "judged");
});

test("puts the file back when a server has written a new one in the meantime", async () => {
  await writeFile(path(), "of a new server");
  await removeLeftOver(cluster, "judged");
  expect(await readFile(path(), "utf8")).toBe("of a new server");
  expect(await readdir(cluster)).toEqual(["postmaster.pid"]);
});
