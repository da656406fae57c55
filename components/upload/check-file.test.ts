import { expect, test } from "vitest";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import { checkFile } from "./check-file.ts";

const check = (content: string | number[], { name = "session.json", bytes = -1 } = {}) => {
  const head = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return checkFile({
    name,
    bytes: bytes === -1 ? head.length : bytes,
    head: Uint8Array.from(head),
  });
};

test("what may be a session is sent as it is", () => {
  expect(check('{"data":[]}')).toEqual({ encoding: "identity" });
  expect(check("\n\t [1")).toEqual({ encoding: "identity" });
  expect(check(" ".repeat(10), { bytes: 100_000 })).toEqual({ encoding: "identity" });
});

test("packed files are known by their first bytes, brotli by its name", () => {
  expect(check([0x1f, 0x8b, 8])).toEqual({ encoding: "gzip" });
  expect(check([0x28, 0xb5, 0x2f, 0xfd])).toEqual({ encoding: "zstd" });
  expect(check([0x21, 0x04], { name: "session.json.br" })).toEqual({ encoding: "br" });
});

test("what cannot be a session is refused in words", () => {
  expect(check("")).toEqual({ problem: "This file is empty." });
  expect(check("  \n")).toMatchObject({ problem: expect.stringContaining("white space") });
  expect(check("# Notes")).toMatchObject({ problem: expect.stringContaining("{ or [") });
  expect(check("PK..")).toMatchObject({ problem: expect.stringContaining("ZIP") });
  expect(check([0xef, 0xbb, 0xbf, 0x7b])).toMatchObject({
    problem: expect.stringContaining("byte order mark"),
  });
  expect(check([0xff, 0xfe, 0x7b])).toMatchObject({ problem: expect.stringContaining("UTF-16") });
});

test("the limit itself may be sent, one byte more may not", () => {
  expect(check("{", { bytes: UPLOAD_MAX_BYTES })).toEqual({ encoding: "identity" });
  expect(check("{", { bytes: UPLOAD_MAX_BYTES + 1 })).toMatchObject({
    problem: expect.stringContaining("too much"),
  });
});
