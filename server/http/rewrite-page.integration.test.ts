import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { rewritePage } from "./rewrite-page.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** What the request said to whoever wrote the page. */
  acceptedInside: string | undefined;
}

/** What a reader gets when this writes the page, in capitals. */
async function read(
  write: (response: ServerResponse, sendHead: () => void) => void,
  headers: Record<string, string> = {},
  onHead = () => {},
): Promise<Answer> {
  let acceptedInside: string | undefined;
  const server = createServer((asked, response) => {
    response.setHeader("x-own", "1");
    const { held, sendHead } = rewritePage(asked, response, {
      rewrite: (html) => html.toUpperCase(),
      headers: () => ({ "content-type": "text/html", "x-own": "2" }),
    });
    acceptedInside = asked.headers["accept-encoding"];
    write(held, sendHead);
  });
  stops.push(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: "127.0.0.1", port, headers }).end();
  const [response] = await once(sent, "response");
  onHead();
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, body, acceptedInside };
}

/** As Next.js writes a page: in pieces, its head flushed before. */
function writePage(response: ServerResponse) {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.appendHeader("vary", "rsc");
  response.flushHeaders();
  const text = Buffer.from("<p>grün</p>");
  expect(response.write(text.subarray(0, 6))).toBe(true);
  response.write(text.subarray(6));
  response.writeHead(203, { "x-more": "1" });
  response.end("<p>end</p>");
}

test("a page that comes in pieces is rewritten whole", async () => {
  const { status, headers, body } = await read(writePage);
  expect(status).toBe(203);
  expect(body.toString()).toBe("<P>GRÜN</P><P>END</P>");
  expect(headers).toMatchObject({
    "content-length": "22",
    vary: "rsc, accept-encoding",
    "x-more": "1",
  });
  expect(headers["content-encoding"]).toBeUndefined();
});

test("it is compressed afterwards, and not by whoever writes it", async () => {
  const { headers, body, acceptedInside } = await read(writePage, { "accept-encoding": "gzip" });
  expect(acceptedInside).toBeUndefined();
  expect(headers["content-encoding"]).toBe("gzip");
  expect(headers["content-length"]).toBe(String(body.byteLength));
  expect(gunzipSync(body).toString()).toBe("<P>GRÜN</P><P>END</P>");
});

test("what is no HTML stays as it is, and an answer may be empty", async () => {
  const plain = await read((response) => response.setHeader("content-type", "text/plain").end("a"));
  expect(plain.body.toString()).toBe("a");
  const empty = await read((response) => {
    response.statusCode = 307;
    response.setHeader("location", "/sign-in");
    response.end();
  });
  expect(empty).toMatchObject({ status: 307, headers: { location: "/sign-in" } });
  expect(empty.body.byteLength).toBe(0);
});

test("a page that breaks off in its middle is no answer", async () => {
  const broken = read((response) => {
    response.write("<p>");
    response.destroy();
  });
  await expect(broken).rejects.toThrow("socket hang up");
});

test("the head of a page goes out as soon as that is asked for, and its rest as ever", async () => {
  const early = createDeferred<void>();
  const { status, headers, body } = await read(
    (response, sendHead) => {
      sendHead();
      sendHead();
      void early.promise.then(() => writePage(response));
    },
    { "accept-encoding": "gzip" },
    () => early.resolve(),
  );
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "content-type": "text/html", "x-own": "1" });
  expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
  expect(gunzipSync(body).toString()).toBe("<P>GRÜN</P><P>END</P>");
});

test("a page that breaks off behind its head has no clean end", async () => {
  const broken = read((response, sendHead) => {
    sendHead();
    setImmediate(() => response.destroy());
  });
  await expect(broken).rejects.toThrow("aborted");
});

test("whoever writes a page hears that its reader has left", async () => {
  const left = createDeferred<void>();
  const broken = read((response, sendHead) => {
    response.once("close", () => left.resolve());
    sendHead();
    response.req.socket.destroy();
  });
  await expect(broken).rejects.toThrow(/aborted|hang up/);
  await left.promise;
});
