import { readdir, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import type { BatchItem } from "#lib/batch.ts";
import { message } from "#server/ingest/testing/use-ingest.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { useBatchCommand } from "./testing/use-batch-command.ts";

const command = useBatchCommand();
const { ingest, run, writeLines, itemsOf } = command;

const session = (title: string, more: object = {}) =>
  JSON.stringify({ ...more, data: [{ type: "session", data: { title } }, message(0)] });

const uploadOf = async ({ uploadId }: BatchItem) => ingest.readUpload(uploadId ?? "");

test("every line of a file becomes a session, and is waited for", async () => {
  const path = await writeLines("plain.ndjson", [session("a"), "", session("b"), session("c")]);
  const { exitCode, batchId, notes } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes).toEqual(["3 of 3 lines done"]);
  expect(await itemsOf(batchId, "?state=done")).toHaveLength(3);
});

test("the same file again is the same batch, unless another is wanted", async () => {
  const path = await writeLines("again.ndjson", [session("a"), session("b")]);
  const first = await run([path]);
  const again = await run([path]);
  expect(again).toMatchObject({ exitCode: exitCodes.complete, batchId: first.batchId });
  expect((await run([path, "--new"])).batchId).not.toBe(first.batchId);
  expect((await run([path, "--concurrency", "2"])).batchId).not.toBe(first.batchId);
});

test("a file that is packed, and standard input, are read like others, and nothing is left behind", async () => {
  const lines = `${session("packed")}\n${session("lines")}`;
  const path = join(command.folder, "packed.gz");
  await writeFile(path, gzipSync(lines));
  const copies = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith("millrace-copy-"));
  const before = await copies();
  const { batchId, exitCode } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  for (const bytes of [Buffer.from(lines), gzipSync(lines)])
    expect((await run(["-"], { stdin: Readable.from([bytes]) })).batchId).toBe(batchId);
  expect(await copies()).toEqual(before);
});

test("an interruption leaves no copy behind, while it is made or while lines are sent", async () => {
  const copies = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith("millrace-copy-"));
  const before = await copies();
  let interruption = new AbortController();
  const silent = createServer(() => interruption.abort(new CommandError(exitCodes.terminated, "")));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const address = { url: `http://${hostOf(silent)}`, token: command.token };
  const path = join(command.folder, "interrupted.gz");
  await writeFile(path, gzipSync(session("a")));
  await expect(run([path], { address, signal: interruption.signal })).rejects.toMatchObject({
    exitCode: exitCodes.terminated,
  });
  expect(await copies()).toEqual(before);

  interruption = new AbortController();
  const stdin = new Readable({ read() {} });
  const copying = run(["-"], { address, stdin, signal: interruption.signal });
  const ended = copying.catch((error: unknown) => error);
  stdin.push(session("a"));
  await expect.poll(copies).toHaveLength(before.length + 1);
  interruption.abort(new CommandError(exitCodes.interrupted, ""));
  expect(await ended).toMatchObject({ exitCode: exitCodes.interrupted });
  expect(await copies()).toEqual(before);
});

test("a line that cannot be read is named by its place in the file and makes it partial", async () => {
  const path = await writeLines("bad.ndjson", [session("a"), "", "rubbish", session("b")]);
  const { exitCode, batchId, notes } = await run([path]);
  expect(exitCode).toBe(exitCodes.partial);
  expect(notes).toEqual(["Line 3 of the file: it is not JSON", "2 of 3 lines done, 1 failed"]);
  expect(await itemsOf(batchId, "?state=failed")).toMatchObject([{ index: 1, fault: "not_json" }]);
});

test("where nothing could be done it failed", async () => {
  const path = await writeLines("nothing.ndjson", ["rubbish"]);
  expect(await run([path])).toMatchObject({ exitCode: exitCodes.failed });
});

test("a batch with a hole stays open until it is filled, and is complete then", async () => {
  const lineOf = (index: number) => session(`n${index}`, { index });
  const torn = [lineOf(0), lineOf(1), '{"ind', lineOf(3), lineOf(4)];
  const path = await writeLines("hole.ndjson", torn);
  for (const args of [[path], [path, "--detach"]]) {
    const { exitCode, batchId, notes } = await run(args);
    expect(exitCode).toBe(exitCodes.partial);
    expect(notes.at(-2)).toMatch(/^The batch stays open: no line came for index 2; .*: 1\. /);
    expect(notes.at(-2)).toContain(`--batch ${batchId}`);
  }
  const { batchId } = await run([path]);
  const mended = await writeLines("mended.ndjson", [lineOf(2)]);
  const { exitCode, notes } = await run([mended, "--batch", batchId]);
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.at(-1)).toBe("5 of 5 lines done, 1 without an index could not be read");
});

test("a torn line behind all others keeps the batch open, however often the file is sent", async () => {
  const lineOf = (index: number) => session(`n${index}`, { index });
  const path = await writeLines("tail.ndjson", [lineOf(1), '{"ind', lineOf(0)]);
  for (const args of [[path], [path]]) {
    const { exitCode, notes } = await run(args);
    expect(exitCode).toBe(exitCodes.partial);
    expect(notes.at(-2)).toMatch(/^The batch stays open: lines without an index .*: 1\. /);
  }
});

test("a batch with gaps is sealed as it is where somebody says so", async () => {
  const path = await writeLines("gaps.ndjson", [session("a", { index: 3 })]);
  const { exitCode, batchId } = await run([path]);
  expect(exitCode).toBe(exitCodes.partial);
  const refused = await command.ask(["seal", batchId]);
  expect(refused).toMatchObject({ exitCode: exitCodes.partial, printed: [] });
  expect(refused.notes.at(-1)).toMatch(/^The batch stays open: no line came for index 0–2\. /);
  const sealed = await command.ask(["seal", batchId, "--allow-gaps"]);
  expect(sealed).toMatchObject({ exitCode: exitCodes.partial });
  expect(sealed.printed.at(-1)).toContain("3 missing");
  const again = await run([path]);
  expect(again).toMatchObject({ exitCode: exitCodes.partial, batchId });
  expect(again.notes.at(-1)).toBe("1 of 1 lines done, 3 missing");
});

test("a long line comes as an upload to the session that it names", async () => {
  const text = "y".repeat(200_000);
  const long = JSON.stringify({
    session: { source: "orchard", externalId: "long-1", title: "Long" },
    data: [message(0), { type: "part", data: { id: "prt_1", messageID: "msg_0", text } }],
  });
  const path = await writeLines("long.ndjson", [session("short"), long, session("after")]);
  const { exitCode, batchId } = await run([path]);
  expect(exitCode).toBe(exitCodes.complete);
  const [short, item] = await itemsOf(batchId);
  expect(short?.bytes).toBe(session("short").length);
  expect(item?.bytes).toBeLessThan(100);
  expect(await uploadOf(item as BatchItem)).toMatchObject({ bytes: long.length, state: "done" });
  expect(await ingest.storedItems(item?.sessionId ?? "")).toHaveLength(2);
  const known = { source: "orchard", externalId: "long-1" };
  const found = await ingest.ask("POST", "/api/v1/sessions", {
    body: JSON.stringify(known),
    headers: { "content-type": "application/json" },
  });
  expect(found.body).toMatchObject({ sessionId: item?.sessionId, isNew: false });
});

test("long lines that hold no session fail alone, and leave none", async () => {
  const path = await writeLines("long-bad.ndjson", [
    session("a"),
    `{"data":[${"x".repeat(200_000)}`,
    // Too long to be read before it is answered.
    JSON.stringify({ data: [7], filling: "x".repeat(1_200_000) }),
  ]);
  const { exitCode, batchId } = await run([path]);
  expect(exitCode).toBe(exitCodes.partial);
  expect(await itemsOf(batchId, "?state=failed")).toMatchObject([
    { index: 1, fault: "not_json" },
    { index: 2, fault: "invalid", sessionId: null },
  ]);
  const made = await ingest.services().database.sql`
    select external_id as name from sessions where starts_with(external_id, ${batchId})`;
  expect(made).toEqual([{ name: `${batchId}/0` }]);
});

test("after a broken connection only what the server misses is sent again", async () => {
  const lines = Array.from({ length: 6_000 }, (_, n) =>
    JSON.stringify({ index: 5_999 - n, data: [], note: "z".repeat(1_000) }),
  );
  const path = await writeLines("cut.ndjson", lines);
  const totalBytes = lines.join("\n").length;
  const proxy = await startCuttingProxy(0.7 * totalBytes);
  const { exitCode, batchId, notes } = await run([path, "--detach"], {
    address: { url: proxy.url, token: command.token },
  });
  expect(exitCode).toBe(exitCodes.complete);
  expect(notes.some((note) => note.includes("again in"))).toBe(true);
  const { batch } = (await ingest.ask("GET", `/api/v1/batches/${batchId}`)).body;
  expect(batch).toMatchObject({ received: 6_000, conflictCount: 0, expectedCount: 6_000 });
  expect(batch.state).not.toBe("open");
  expect(proxy.bytesAfterCut()).toBeLessThan(0.9 * totalBytes);
}, 60_000);

test("a batch that was aborted is not begun anew by itself", async () => {
  const path = await writeLines("aborted.ndjson", [session("a"), session("b")]);
  const { batchId } = await run([path, "--detach"]);
  await ingest.services().database.sql`update batches set state = 'aborted' where id = ${batchId}`;
  await expect(run([path])).rejects.toMatchObject({
    exitCode: exitCodes.failed,
    message: expect.stringContaining("--new"),
  });
});

test("a refusal is told in the server's words", async () => {
  const path = await writeLines("refused.ndjson", [session("a")]);
  const address = { url: ingest.web().url, token: `${command.token}x` };
  await expect(run([path], { address })).rejects.toMatchObject({ exitCode: exitCodes.failed });
  await expect(run([join(command.folder, "nowhere")])).rejects.toMatchObject({
    exitCode: exitCodes.usage,
  });
});

/** Passes bytes on to the server, and breaks the first connection that brings so many. */
async function startCuttingProxy(cutAtBytes: number) {
  let isCut = false;
  let bytesAfterCut = 0;
  const sockets = new Set<Socket>();
  const { host, port } = new URL(ingest.web().url);
  const proxy = createServer((client) => {
    const server = connect(Number(port), "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        server.destroy();
      });
    }
    let bytes = 0;
    client.on("data", (chunk) => {
      bytes += chunk.byteLength;
      if (isCut) bytesAfterCut += chunk.byteLength;
      else if (bytes > cutAtBytes) {
        isCut = true;
        client.destroy();
      }
      // The server answers under its own name only.
      const text = chunk.toString("latin1").replace(hostOf(proxy), host);
      if (!server.write(Buffer.from(text, "latin1"))) client.pause();
    });
    server.on("drain", () => client.resume());
    server.pipe(client);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return { url: `http://${hostOf(proxy)}`, bytesAfterCut: () => bytesAfterCut };
}

const hostOf = (server: Server) => `127.0.0.1:${(server.address() as { port: number }).port}`;
