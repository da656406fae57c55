import { randomBytes } from "node:crypto";
import { readdir, readlink } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { createShareId } from "#lib/ids.ts";
import { createShare } from "#server/shares/create-share.ts";
import { newShare, type NewShare } from "#server/shares/new-share.ts";
import { part, useIngest } from "#server/ingest/testing/use-ingest.ts";

const ingest = useIngest();

/** The head of a PNG of this size, and bytes behind it. */
function png(width = 800, height = 600, byteCount = 3_000): Buffer {
  const head = Buffer.from("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR--------", "latin1");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return Buffer.concat([head, randomBytes(byteCount)]);
}

const dataUrl = (bytes: Buffer, type = "image/png") =>
  `data:${type};base64,${bytes.toString("base64")}`;

/** A session whose only part has this body; answers with the address of its files. */
async function bring(data: object): Promise<{ sessionId: string; seq: number; path: string }> {
  const sessionId = ingest.newSessionId();
  const { id, messageID } = part(1).data;
  const ids = { id, messageID };
  const message = { type: "message", data: { id: messageID, role: "user", time: { created: 1 } } };
  const { body } = await ingest.push(
    sessionId,
    JSON.stringify([message, { type: "part", data: { ...ids, ...data } }]),
  );
  await ingest.ended(body.upload.uploadId);
  const { seq } = (await ingest.storedItems(sessionId)).find((item) => item.type === "part")!;
  return { sessionId, seq, path: `/api/v1/sessions/${sessionId}/items/${seq}/file` };
}

async function get(path: string, headers: Record<string, string> = {}) {
  const { url, cookie } = ingest.web();
  const response = await fetch(url + path, { headers: { cookie, ...headers } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes };
}

test("a picture comes as bytes, wherever in an item it stands", async () => {
  const [one, two, three] = [png(), png(10, 10), png(20, 20, 2_500_000)];
  const text = `Grüße 😀 ![a](${dataUrl(one)}) and more`;
  const state = { attachments: [{ url: "elsewhere" }, { url: dataUrl(two) }] };
  const { path } = await bring({ type: "tool", text, state, url: dataUrl(three) });
  const from = text.indexOf("data:");
  expect((await get(`${path}?at=/text&from=${from}`)).bytes.equals(one)).toBe(true);
  expect((await get(`${path}?at=/state/attachments/1/url`)).bytes.equals(two)).toBe(true);
  expect((await get(`${path}?at=/url`)).bytes.equals(three)).toBe(true);
});

test("nothing that comes can run, be taken for something else, or be shown elsewhere", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png(), "text/html") });
  const { headers } = await get(`${path}?at=/url`);
  expect(headers.get("content-type")).toBe("image/png");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("content-security-policy")).toContain("sandbox");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
});

test.each([
  ["a drawing", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"],
  ["a page that is called a picture", "image/png", "<!doctype html><script>alert(1)</script>"],
  ["a text", "text/plain", "hello"],
])("%s is never shown, only kept", async (_, type, content) => {
  const { path } = await bring({ type: "file", url: dataUrl(Buffer.from(content), type) });
  expect((await get(`${path}?at=/url`)).status).toBe(404);
  const kept = await get(`${path}?at=/url&download=1`);
  expect(kept.bytes.toString()).toBe(content);
  expect(kept.headers.get("content-type")).toBe("application/octet-stream");
  expect(kept.headers.get("content-disposition")).toBe("attachment");
});

test("a picture with too many pixels is told, and can be kept", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png(60_000, 60_000)) });
  const refused = await get(`${path}?at=/url`);
  expect(refused.status).toBe(413);
  expect(JSON.parse(refused.bytes.toString())).toMatchObject({ width: 60_000, height: 60_000 });
  expect(refused.headers.get("cache-control")).toBe("no-store");
  expect((await get(`${path}?at=/url&download=1`)).status).toBe(200);
});

test("a picture with too many bytes breaks off, and can be kept", async () => {
  const large = png(800, 600, 22_000_000);
  const { path } = await bring({ type: "file", url: dataUrl(large) });
  await expect(get(`${path}?at=/url`)).rejects.toThrow("terminated");
  expect((await get(`${path}?at=/url&download=1`)).bytes.equals(large)).toBe(true);
});

test("what was read is kept by its reader until the item changes or the session begins again", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png()) });
  const first = await get(`${path}?at=/url&generation=1`);
  expect(first.headers.get("cache-control")).toMatch(/^private, .*immutable$/);
  expect(first.headers.get("vary")).toContain("cookie, authorization");
  const etag = first.headers.get("etag")!;
  const again = await get(`${path}?at=/url&generation=1`, { "if-none-match": etag });
  expect(again.status).toBe(304);
  expect(again.bytes).toHaveLength(0);
  expect((await get(`${path}?at=/url&generation=2`)).status).toBe(404);
  expect((await get(`${path}?at=/url`)).headers.get("cache-control")).toBe("private, no-cache");
});

test("a whole body is kept likewise", async () => {
  const { path } = await bring({ type: "text", text: "pears" });
  const body = path.replace(/file$/, "body");
  const kept = await get(`${body}?generation=1`);
  expect(JSON.parse(kept.bytes.toString())).toMatchObject({ text: "pears" });
  expect(kept.headers.get("cache-control")).toMatch(/^private, .*immutable$/);
  expect((await get(`${body}?generation=2`)).status).toBe(404);
  expect((await get(body)).headers.get("cache-control")).toBe("private, no-cache");
});

test("the right to read a session is the right to read its files", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png()) });
  const { database } = ingest.services();
  const bearer = async (scope: "ingest" | "read") => {
    const token = { name: scope, scopes: [scope], expiresInDays: 1 };
    const { secret } = await createApiToken(database, localOwner, token);
    return { cookie: "", authorization: `Bearer ${secret}` };
  };
  expect((await get(`${path}?at=/url`, { cookie: "" })).status).toBe(401);
  expect((await get(`${path}?at=/url`, await bearer("ingest"))).status).toBe(403);
  expect((await get(`${path}?at=/url`, await bearer("read"))).status).toBe(200);
});

test.each([
  ["", 400],
  ["?at=url", 400],
  ["?at=/~7", 400],
  ["?at=/url&from=-1", 400],
  ["?at=/url&from=x", 400],
  [`?at=/${"a".repeat(3_000)}`, 400],
  ["?at=/nothing", 404],
  ["?at=/url&from=3", 404],
  ["?at=/url/0", 404],
  ["?at=/type", 404],
])("a place that is none is an error of whoever asks: %s", async (query, status) => {
  const { path } = await bring({ type: "file", url: dataUrl(png()) });
  expect((await get(path + query)).status).toBe(status);
});

test("a position that is none is not found", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png()) });
  expect((await get(`${path.replace(/\d+\/file/, "999/file")}?at=/url`)).status).toBe(404);
});

async function openBlobs(): Promise<string[]> {
  const folder = "/proc/self/fd";
  const names = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ""));
  return (await Promise.all(names)).filter((name) => name.includes("/blobs/"));
}

test("whoever leaves in the middle leaves nothing open", async () => {
  const { path } = await bring({ type: "file", url: dataUrl(png(800, 600, 15_000_000)) });
  const { url, cookie } = ingest.web();
  const leaving = new AbortController();
  const { signal } = leaving;
  const response = await fetch(`${url}${path}?at=/url`, { headers: { cookie }, signal });
  await response.body!.getReader().read();
  expect(await openBlobs()).not.toEqual([]);
  leaving.abort();
  await vi.waitFor(async () => expect(await openBlobs()).toEqual([]));
});

async function share(sessionId: string, wishes: Partial<NewShare>): Promise<string> {
  const access = { sessionId, generation: 1, teamId: localOwner.teamId };
  const wanted = newShare.parse({ shareId: createShareId(), sessionId, mode: "live", ...wishes });
  const viewer = { ...localOwner, role: "owner" as const, scopes: null };
  const made = await createShare(ingest.services().database, { viewer, access, share: wanted });
  return made.token;
}

test("a share shows the pictures of what it shows, and no other file", async () => {
  const picture = png();
  const state = { output: "made", attachments: [{ url: dataUrl(picture) }] };
  const secret = dataUrl(Buffer.from(`<svg>${"secret".repeat(40)}</svg>`), "image/svg+xml");
  const { sessionId, seq } = await bring({ type: "tool", tool: "draw", state, secret });
  const path = (token: string) => `/api/v1/shares/${token}/items/${seq}/file`;
  const at = "?at=/state/attachments/0/url";
  const token = await share(sessionId, {});
  const shown = await get(path(token) + at, { cookie: "" });
  expect(shown.bytes.equals(picture)).toBe(true);
  expect(shown.headers.get("cache-control")).toBe("no-store");
  expect(shown.headers.get("etag")).toBeNull();
  for (const query of ["?at=/secret", "?at=/secret&download=1"])
    expect((await get(path(token) + query, { cookie: "" })).status).toBe(404);
  const silent = await share(sessionId, { hidesOutputs: true });
  expect((await get(path(silent) + at, { cookie: "" })).status).toBe(404);
  const locked = await share(sessionId, { password: "open sesame" });
  expect((await get(path(locked) + at, { cookie: "" })).status).toBe(404);
});
