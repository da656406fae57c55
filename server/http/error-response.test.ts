import { once } from "node:events";
import { createServer, request as httpRequest, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pino } from "pino";
import { expect, test } from "vitest";
import { httpStatusByCode, type ErrorCode } from "#lib/errors.ts";
import { describeProblem, sendError } from "./error-response.ts";

const endless = () =>
  Readable.from(
    (async function* () {
      for (;;) yield Buffer.alloc(64 * 1024);
    })(),
  );

const failing = () =>
  Readable.from(
    (async function* () {
      yield Buffer.alloc(64 * 1024);
      throw new TypeError("A mistake of ours");
    })(),
  );

/** The level of the line that is logged when `answer` fails a client, who leaves at the first byte. */
async function loggedLevel(answer: (response: ServerResponse) => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line) => lines.push(line) });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const request = httpRequest({ port, host: "127.0.0.1" }).on("error", () => {});
  request.on("response", () => request.destroy()).end();
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  response.writeHead(200).flushHeaders();
  await answer(response).catch((error: unknown) => sendError(response, error, log));
  server.close();
  expect(lines).toHaveLength(1);
  return pino.levels.labels[(JSON.parse(lines[0] ?? "") as { level: number }).level] ?? "";
}

test("a reader who leaves in the middle of an answer is no error", async () => {
  expect(await loggedLevel((response) => pipeline(endless(), response))).toBe("debug");
});

test("a reader who leaves before the answer begins is no error", async () => {
  const level = await loggedLevel(async (response) => {
    await once(response, "close");
    await pipeline(endless(), response);
  });
  expect(level).toBe("debug");
});

test("what breaks an answer from our side is one, and so is what fails without its reader", async () => {
  expect(await loggedLevel((response) => pipeline(failing(), response))).toBe("error");
  const level = await loggedLevel(async (response) => {
    await once(response, "close");
    throw new TypeError("A mistake of ours");
  });
  expect(level).toBe("error");
});

test("what is wrong this time is the detail, the title is the phrase of the status", () => {
  const details = { offset: 7, status: 200, title: "Mine", detail: "Mine", type: "mine" };
  const problem = describeProblem({ code: "invalid_input", message: "It is cut", details });
  expect(JSON.parse(problem)).toEqual({
    type: "about:blank",
    title: "Bad Request",
    status: 400,
    detail: "It is cut",
    code: "invalid_input",
    offset: 7,
  });
});

test("every code has one title, which says nothing of the case", () => {
  const codes = Object.keys(httpStatusByCode) as ErrorCode[];
  const titleOf = (code: ErrorCode, message: string) =>
    (JSON.parse(describeProblem({ code, message })) as { title: string }).title;
  const titles = codes.map((code) => titleOf(code, "one"));
  expect(codes.map((code) => titleOf(code, "another"))).toEqual(titles);
  expect(new Set(titles).size).toBe(codes.length);
  expect(titles).not.toContain("Unknown Status");
});
