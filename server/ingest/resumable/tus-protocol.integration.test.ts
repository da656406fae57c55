import { describe, expect, test } from "vitest";
import type { ApiScope } from "#lib/api-scope.ts";
import { RESUMABLE_UPLOAD_IDLE_MS, UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { createApiToken } from "#server/accounts/api-tokens.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import { message, part, useIngest } from "../testing/use-ingest.ts";
import { askTus, beginUpload, encodeMetadata, sendPiece } from "./testing/tus-requests.ts";

const ingest = useIngest();
const target = () => ingest.web();
const idOf = (path: string) => path.split("/").at(-1) ?? "";
const small = Buffer.from(JSON.stringify({ data: [message(0), part(1, "Hello")] }));

const begin = (sessionId: string, length: number) =>
  beginUpload(target(), sessionId, { "upload-length": String(length) });

const offsetOf = async (path: string) =>
  Number((await askTus(target(), `HEAD ${path}`)).headers.get("upload-offset"));

describe("what the protocol says", () => {
  test("everybody may ask what is spoken here", async () => {
    const { status, headers } = await askTus(
      { ...target(), cookie: "" },
      "OPTIONS /api/v1/uploads",
    );
    expect(status).toBe(204);
    expect(Object.fromEntries(headers)).toMatchObject({
      "tus-version": "1.0.0",
      "tus-max-size": String(UPLOAD_MAX_BYTES),
      "tus-extension": "creation,creation-with-upload,creation-defer-length,expiration,termination",
    });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("an upload tells its length, its metadata and when it ends", async () => {
    const sessionId = ingest.newSessionId();
    const answer = await askTus(target(), "POST /api/v1/uploads", {
      headers: {
        "upload-length": "10",
        "upload-metadata": encodeMetadata({ sessionId, filename: "Sitzung ü.json" }),
      },
    });
    expect(answer.status).toBe(201);
    const path = answer.headers.get("location") ?? "";
    expect(path).toMatch(/^\/api\/v1\/uploads\/upl_[0-9a-zA-Z]{26}$/);
    const expires = Date.parse(answer.headers.get("upload-expires") ?? "");
    expect(expires - Date.now()).toBeGreaterThan(RESUMABLE_UPLOAD_IDLE_MS - 60_000);
    const head = await askTus(target(), `HEAD ${path}`);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      "upload-offset": "0",
      "upload-length": "10",
      "cache-control": "no-store",
      "upload-metadata": encodeMetadata({
        sessionId,
        filename: "Sitzung ü.json",
        encoding: "identity",
      }),
    });
    expect([...head.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
      [],
    );
    const { body } = await ingest.ask("GET", path);
    expect(body.upload).toMatchObject({ state: "receiving", way: "resumable", bytes: 0 });
    await sendPiece(target(), path, { offset: 0, body: "12345" });
    expect((await ingest.readUpload(idOf(path))).bytes).toBe(5);
  });

  test.each([
    ["no version", { "tus-resumable": "" }, 412],
    ["another version", { "tus-resumable": "0.2.2" }, 412],
    ["no length", { "upload-length": undefined }, 400],
    ["a length that is no number", { "upload-length": "many" }, 400],
    ["too great a length", { "upload-length": String(UPLOAD_MAX_BYTES + 1) }, 413],
    ["no session", { "upload-metadata": "filename YQ==" }, 400],
    ["no metadata", { "upload-metadata": undefined }, 400],
    ["an encoding that nobody knows", { "upload-metadata": "encoding eHl6,sessionId YQ==" }, 400],
    ["a session id of another pattern", { "upload-metadata": "sessionId YQ==" }, 404],
    ["parts of a whole", { "upload-concat": "partial" }, 501],
  ])("%s is refused with a problem", async (_, changed, expected) => {
    const headers: Record<string, string> = {
      "upload-length": "10",
      "upload-metadata": encodeMetadata({ sessionId: ingest.newSessionId() }),
    };
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
    const { status, body } = await askTus(target(), "POST /api/v1/uploads", { headers });
    expect([status, body.status]).toEqual([expected, expected]);
    expect(typeof body.code).toBe("string");
  });

  test("another method is refused with those that are answered", async () => {
    const { status, headers } = await askTus(target(), "PUT /api/v1/uploads/upl_x");
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE, OPTIONS");
  });

  test("a request that is repeated with its key begins nothing anew", async () => {
    const metadata = { sessionId: ingest.newSessionId(), idempotencyKey: ingest.newSessionId() };
    const beginAgain = (body?: BodyInit) =>
      askTus(target(), "POST /api/v1/uploads", {
        headers: {
          "upload-length": String(small.byteLength),
          "upload-metadata": encodeMetadata(metadata),
          ...(body !== undefined && { "content-type": "application/offset+octet-stream" }),
        },
        body: body ?? null,
      });
    const first = await beginAgain();
    const path = first.headers.get("location") ?? "";
    expect((await beginAgain()).headers.get("location")).toBe(path);
    await sendPiece(target(), path, { offset: 0, body: small.subarray(0, 10) });
    const again = await beginAgain(small.subarray(0, 20));
    expect([again.status, again.headers.get("upload-offset")]).toEqual([201, "10"]);
    await sendPiece(target(), path, { offset: 10, body: small.subarray(10) });
    await ingest.ended(idOf(path));
    expect((await beginAgain()).headers.get("location")).toBe(path);
    expect(await offsetOf(path)).toBe(small.byteLength);
  });

  test("the key of an upload that came in one request is refused with words", async () => {
    const sessionId = ingest.newSessionId();
    const idempotencyKey = ingest.newSessionId();
    await ingest.push(sessionId, small, { "idempotency-key": idempotencyKey });
    const { status, body } = await askTus(target(), "POST /api/v1/uploads", {
      headers: {
        "upload-length": String(small.byteLength),
        "upload-metadata": encodeMetadata({ sessionId, idempotencyKey }),
      },
    });
    expect([status, body.code]).toEqual([409, "conflict"]);
    expect(body.detail).toMatch(/in one request/);
  });
});

test("a piece that belongs elsewhere is told where", async () => {
  const path = await begin(ingest.newSessionId(), 10);
  await sendPiece(target(), path, { offset: 0, body: "12345" });
  const { status, body } = await sendPiece(target(), path, { offset: 3, body: "45" });
  expect([status, body]).toEqual([409, expect.objectContaining({ code: "conflict", offset: 5 })]);
});

describe("who may", () => {
  test("a program whose token may ingest, and no other, nor anybody without a name", async () => {
    const path = await begin(ingest.newSessionId(), 10);
    const nobody = { ...target(), cookie: "" };
    const offsetFor = async (scope: ApiScope) => {
      const { secret } = await createApiToken(ingest.services().database, localOwner, {
        name: scope,
        scopes: [scope],
        expiresInDays: null,
      });
      const headers = { authorization: `Bearer ${secret}` };
      return (await askTus(nobody, `HEAD ${path}`, { headers })).status;
    };
    expect(await offsetFor("ingest")).toBe(200);
    expect(await offsetFor("read")).toBe(403);
    for (const [method, at] of [
      ["POST", "/api/v1/uploads"],
      ["HEAD", path],
      ["PATCH", path],
      ["DELETE", path],
    ] as const) {
      expect((await askTus(nobody, `${method} ${at}`)).status).toBe(401);
    }
  });

  test("another team sees nothing, and a page of another origin does nothing", async () => {
    const { sql } = ingest.services().database;
    const sessionId = ingest.newSessionId();
    const path = await begin(sessionId, 10);
    await sql`insert into teams (id, name) values ('other', 'Other')`;
    await sql`update sessions set team_id = 'other' where id = ${sessionId}`;
    expect((await askTus(target(), `HEAD ${path}`)).status).toBe(404);
    expect((await sendPiece(target(), path, { offset: 0, body: "x" })).status).toBe(404);
    expect((await askTus(target(), `DELETE ${path}`)).status).toBe(404);
    const foreign = await askTus(target(), "POST /api/v1/uploads", {
      headers: { "upload-length": "1", "upload-metadata": encodeMetadata({ sessionId }) },
    });
    expect(foreign.status).toBe(404);
    const origin = { origin: "https://elsewhere.example" };
    expect((await askTus(target(), `PATCH ${path}`, { headers: origin })).status).toBe(403);
  });
});
