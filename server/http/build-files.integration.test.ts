import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBuildFiles } from "./build-files.ts";

const SCRIPT = `console.log("${"pear ".repeat(200)}")`;
const LEFT_TO_NEXT = "left to Next.js";

let root: string;
let server: Server;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-build-"));
  await mkdir(join(root, ".next/static/chunks"), { recursive: true });
  await writeFile(join(root, ".next/static/chunks/a~1.js"), SCRIPT);
  await writeFile(join(root, ".next/static/chunks/worker.ts"), SCRIPT);
  await writeFile(join(root, ".next/static/font.woff2"), "font");
  await writeFile(join(root, ".next/secret.js"), "secret");
  server = await serve(root);
});
afterAll(async () => {
  server.close();
  await rm(root, { recursive: true, force: true });
});

async function serve(projectRoot: string): Promise<Server> {
  const answer = await createBuildFiles(projectRoot);
  const made = createServer((asked, response) => {
    const pathname = asked.url ?? "";
    void answer({ request: asked, response, pathname }).then((isAnswered) => {
      if (!isAnswered) response.end(LEFT_TO_NEXT);
    });
  });
  made.listen(0, "127.0.0.1");
  await once(made, "listening");
  return made;
}

interface Answer {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Paths go out as they are written here. */
async function ask(
  path: string,
  { method = "GET", headers = {}, from = server }: Ask = {},
): Promise<Answer> {
  const { port } = from.address() as AddressInfo;
  const sent = request({ host: "127.0.0.1", port, path, method, headers }).end();
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = await response.toArray();
  return { headers: response.headers, body: Buffer.concat(chunks) };
}

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  from?: Server;
}

const text = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).body.toString();

test("a script is sent compressed, with its type, to be kept for good", async () => {
  const headers = { "accept-encoding": "gzip, deflate, br" };
  for (const _ of [1, 2]) {
    const answer = await ask("/_next/static/chunks/a~1.js", { headers });
    expect(answer.headers).toMatchObject({
      "content-type": "application/javascript; charset=utf-8",
      "content-encoding": "gzip",
      "content-length": String(answer.body.byteLength),
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    expect(gunzipSync(answer.body).toString()).toBe(SCRIPT);
  }
});

test("a reader that takes no gzip gets it plain, and a font is never compressed again", async () => {
  for (const accepted of ["gzip;q=0", "zstd, br", "identity, gzip;q=0.5"]) {
    const headers = { "accept-encoding": accepted };
    const plain = await ask("/_next/static/chunks/a~1.js", { headers });
    expect(plain.headers["content-encoding"], accepted).toBeUndefined();
    expect(plain.body.toString(), accepted).toBe(SCRIPT);
  }
  const font = await ask("/_next/static/font.woff2", { headers: { "accept-encoding": "gzip" } });
  expect(font.headers).toMatchObject({ "content-type": "font/woff2", "content-length": "4" });
  expect(font.headers["content-encoding"]).toBeUndefined();
});

test("whoever asks for the head alone gets the length and no body", async () => {
  const { headers, body } = await ask("/_next/static/font.woff2", { method: "HEAD" });
  expect(headers["content-length"]).toBe("4");
  expect(body.byteLength).toBe(0);
});

test("everything else is left to Next.js", async () => {
  const paths = [
    "/",
    "/_next/static/",
    "/_next/static/chunks",
    "/_next/static/chunks/gone.js",
    "/_next/static/chunks/worker.ts",
    "/_next/static/../secret.js",
    "/_next/static/%2e%2e/secret.js",
    "/_next/static/chunks//a~1.js",
  ];
  for (const path of paths) expect(await text(path), path).toBe(LEFT_TO_NEXT);
  const script = "/_next/static/chunks/a~1.js";
  expect(await text(script, { method: "POST" })).toBe(LEFT_TO_NEXT);
  expect(await text(script, { headers: { range: "bytes=0-3" } })).toBe(LEFT_TO_NEXT);
});

test("without a build nothing is answered", async () => {
  const from = await serve(join(root, "nowhere"));
  expect(await text("/_next/static/chunks/a~1.js", { from })).toBe(LEFT_TO_NEXT);
  from.close();
});
