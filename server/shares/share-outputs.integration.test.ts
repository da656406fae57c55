import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { createExecutionId } from "#lib/ids.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { openOutput, type OpenOutput } from "#server/outputs/open-output.ts";
import { revokeShare } from "./manage-shares.ts";
import { owner, turn, useSharesTest } from "./testing/use-shares-test.ts";

const shares = useSharesTest();
const services = () => shares.web.server.services;

const token = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
const pngHead = Buffer.concat([
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
  Buffer.from([0, 0, 0, 2, 0, 0, 0, 3]),
]);

const store = (port: string, mime: string, bytes: Uint8Array) =>
  storeOutput(bytes, { port, mime, source: "tool" });

type TestOutput = Pick<OpenOutput, "port" | "mime" | "source" | "fileVersion" | "segmentBytes">;

const open = (output: TestOutput) =>
  openOutput(services(), {
    sessionId: shares.sessionId,
    generation: 1,
    executionId: createExecutionId(),
    mode: "binary",
    format: "blob",
    ...output,
  });

async function storeOutput(bytes: Uint8Array, output: TestOutput): Promise<string> {
  const writer = await open({ segmentBytes: bytes.byteLength, ...output });
  for (let at = 0; at < bytes.byteLength; at += 65_536)
    await writer.write(bytes.subarray(at, at + 65_536));
  return (await writer.complete()).outputId;
}

async function list(share: { token: string }): Promise<string[]> {
  const { text } = await shares.get(share.token, "outputs");
  return (JSON.parse(text) as { outputs: { name: string }[] }).outputs.map(({ name }) => name);
}

test("pictures and texts are shown, without what the share hides, and nothing that it cannot look into", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const picture = await store("tree.png", "image/png", pngHead);
  const log = await store("log.txt", "text/plain", Buffer.from(`token ${token}\n`));
  const archive = await store("all.zip", "application/zip", Buffer.from("PK"));
  const fake = await store("page.png", "image/png", Buffer.from("<script>alert(1)</script>"));
  const share = await shares.share();
  expect(await list(share)).toEqual(["log.txt", "tree.png"]);
  const shown = await shares.get(share.token, `outputs/${picture}`);
  expect(shown.status).toBe(200);
  expect(shown.headers).toContain('"image/png"');
  expect(shown.headers).toContain("sandbox");
  expect(shown.headers).toContain('["cache-control","no-store"]');
  const text = await shares.get(share.token, `outputs/${log}`);
  expect(text.text).toBe("token [GitHub token hidden]\n");
  for (const hidden of [archive, fake, "out_0000000000000000000000000A"])
    expect((await shares.get(share.token, `outputs/${hidden}`)).status).toBe(404);
  const { text: exported } = await shares.get(share.token, "export?format=ndjson");
  expect(exported).toContain(pngHead.toString("base64"));
  expect(exported).toContain(Buffer.from("token [GitHub token hidden]\n").toString("base64"));
  expect(exported).not.toContain("all.zip");
  expect(exported).not.toContain(Buffer.from(token).toString("base64").slice(4, -4));
});

test("a picture that the agent also shows stays in the list", async () => {
  const items = turn("Plant a tree", "It grows");
  const bytes = Buffer.concat([pngHead, Buffer.alloc(70_000)]);
  const url = `data:image/png;base64,${bytes.toString("base64")}`;
  const file = { id: "prt_file", messageID: items[2]!.messageId, type: "file", url };
  await shares.write(items);
  await store("tree.png", "image/png", bytes);
  await shares.write([{ ...items[5]!, partId: "prt_file", body: JSON.stringify(file) }]);
  expect(await list(await shares.share())).toEqual(["tree.png"]);
});

test("where outputs of tools are hidden, these are, too", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const picture = await store("tree.png", "image/png", pngHead);
  const share = await shares.share({ hidesOutputs: true });
  expect(await list(share)).toEqual([]);
  expect((await shares.get(share.token, `outputs/${picture}`)).status).toBe(404);
  expect((await shares.get(share.token, "export?format=json")).text).not.toContain("tree.png");
});

test("a picture that lies in an item is shown with it, whatever else is hidden, and listed nowhere", async () => {
  const items = turn("Plant a tree", "It grows");
  const url = `data:image/png;base64,${Buffer.concat([pngHead, Buffer.alloc(70_000)]).toString("base64")}`;
  const file = { id: "prt_file", messageID: items[2]!.messageId, type: "file", url };
  await shares.write([
    ...items,
    { ...items[5]!, partId: "prt_file", body: JSON.stringify(file) },
    { ...items[3]!, partId: "prt_thought", body: JSON.stringify({ ...file, type: "reasoning" }) },
    {
      ...items[3]!,
      partId: "prt_seen",
      body: JSON.stringify({ ...file, metadata: { thought: true } }),
    },
  ]);
  const share = await shares.share({ hidesReasoning: true });
  expect(await list(share)).toEqual([]);
  const { text } = await shares.get(share.token, "export?format=ndjson");
  expect(text.split(url)).toHaveLength(2);
  expect(text).not.toMatch(/prt_thought|prt_seen/);
});

test("a frozen share shows what had come until then, and a part of the turns what came in them", async () => {
  const first = turn("Plant a tree", "It grows");
  await shares.write(first);
  await store("first.png", "image/png", pngHead);
  const frozen = await shares.share({ mode: "frozen" });
  const second = turn("Water it", "It is wet");
  await shares.write(second);
  const late = await store("second.png", "image/png", pngHead);
  const later = turn("Rest", "It rests");
  await shares.write(later);
  await store("third.png", "image/png", pngHead);
  expect(await list(frozen)).toEqual(["first.png"]);
  expect((await shares.get(frozen.token, `outputs/${late}`)).status).toBe(404);
  const fromSecond = { fromMessageId: second[0]!.messageId, toMessageId: second[0]!.messageId };
  expect(await list(await shares.share(fromSecond))).toEqual(["second.png"]);
  expect(await list(await shares.share())).toEqual(["third.png", "second.png", "first.png"]);
});

test("what went on after the turns that are shown is not in a part of them", async () => {
  const first = turn("Plant a tree", "It grows");
  await shares.write(first);
  const writer = await open({ port: "log.txt", mime: "text/plain", source: "tool" });
  await writer.write(Buffer.from("of the first turn"));
  await shares.write(turn("Water it", "It is wet"));
  await writer.write(Buffer.from(", and of the second"));
  const { outputId } = await writer.complete();
  const part = await shares.share({ toMessageId: first[0]!.messageId });
  expect(await list(part)).toEqual([]);
  expect((await shares.get(part.token, `outputs/${outputId}`)).status).toBe(404);
  expect(await list(await shares.share())).toEqual(["log.txt"]);
});

test("what comes out before the agent says a word about a prompt is of that prompt's turn", async () => {
  const [first, second] = [turn("Plant a tree", "It grows"), turn("Water it", "It is wet")];
  const give = ([prompt]: ItemInput[]) => services().database.sql`
    insert into prompts (session_id, generation, message_id, owner_id, text, request_hash, status, delivered_at)
    values (${shares.sessionId}, 1, ${prompt!.messageId}, ${owner.userId}, '', '', 'delivered', clock_timestamp())`;
  await give(first);
  await shares.write(first);
  await store("first.txt", "text/plain", Buffer.from("of the first"));
  await give(second);
  const early = await store("second.txt", "text/plain", Buffer.from("of the second"));
  const part = await shares.share({ toMessageId: first[0]!.messageId });
  expect(await list(part)).toEqual(["first.txt"]);
  await shares.write(second);
  expect(await list(part)).toEqual(["first.txt"]);
  expect((await shares.get(part.token, `outputs/${early}`)).status).toBe(404);
  const rest = await shares.share({ fromMessageId: second[0]!.messageId });
  expect(await list(rest)).toEqual(["second.txt"]);
});

test("a file that the turn before left is not in a share that begins with the turn it came in", async () => {
  const [first, second] = [turn("Plant a tree", "It grows"), turn("Water it", "It is wet")];
  const [firstMs, secondMs] = [first, second].map((items) => createdMsOf(items[0]!));
  const storeFile = (port: string, writtenMs: number) => {
    const fileVersion = `24 ${writtenMs}000123 77`;
    return storeOutput(pngHead, { port, mime: "image/png", source: "file", fileVersion });
  };
  await shares.write([...first, ...second]);
  const left = await storeFile("left.png", firstMs! + 1);
  await storeFile("new.png", secondMs! + 1);
  const share = await shares.share({ fromMessageId: second[0]!.messageId });
  expect(await list(share)).toEqual(["new.png"]);
  expect((await shares.get(share.token, `outputs/${left}`)).status).toBe(404);
  expect(await list(await shares.share())).toEqual(["new.png", "left.png"]);
});

const createdMsOf = ({ body }: ItemInput) =>
  (JSON.parse(body as string) as { time: { created: number } }).time.created;

test("a text that is not in UTF-8 is not shown: what it hides would not be found", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  const wide = await store("wide.txt", "text/plain", Buffer.from(`token ${token}\n`, "utf16le"));
  const latin = await store("latin.txt", "text/plain", Buffer.from("gr\u00fcn", "latin1"));
  const cut = await store("cut.txt", "text/plain", Buffer.from("grün").subarray(0, 3));
  const share = await shares.share();
  expect(await list(share)).toEqual(["cut.txt"]);
  for (const hidden of [wide, latin])
    expect((await shares.get(share.token, `outputs/${hidden}`)).status).toBe(404);
  expect((await shares.get(share.token, `outputs/${cut}`)).text).toBe("gr");
  const { text } = await shares.get(share.token, "export?format=ndjson");
  expect(text).not.toContain(Buffer.from(token, "utf16le").toString("base64").slice(4, -4));
});

test("an export with links leads to files of items by the items that hold them", async () => {
  const items = turn("Plant a tree", "It grows");
  const url = `data:image/png;base64,${Buffer.concat([pngHead, Buffer.alloc(70_000)]).toString("base64")}`;
  const file = { id: "prt_file", messageID: items[2]!.messageId, type: "file", url };
  await shares.write([...items, { ...items[5]!, partId: "prt_file", body: JSON.stringify(file) }]);
  const { token: shareToken } = await shares.share();
  const { text } = await shares.get(shareToken, "export?format=ndjson&refs=link");
  const href = /\/api\/v1\/shares\/[^"]*\/(items|outputs)\/[^"]*/.exec(text)!;
  expect(href[1]).toBe("items");
  const response = await fetch(shares.web.url + href[0]);
  expect([response.status, await response.json()]).toEqual([200, file]);
});

test("a share that is taken back ends within a second, also in the middle of a file", async () => {
  await shares.write(turn("Plant a tree", "It grows"));
  // More than the sockets on the way hold.
  const large = Buffer.concat([pngHead, Buffer.alloc(48 * 1024 * 1024)]);
  const picture = await store("tree.png", "image/png", large);
  const share = await shares.share();
  const address = `${shares.web.url}/api/v1/shares/${share.token}/outputs/${picture}`;
  const response = await fetch(address);
  const reader = response.body!.getReader();
  await reader.read();
  await revokeShare(services().database, owner, share.shareId);
  const readSlowly = async () => {
    while (!(await reader.read()).done) await delay(25);
  };
  await expect(readSlowly()).rejects.toThrow("terminated");
  expect((await fetch(address)).status).toBe(404);
});
