import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openEmbeddedFile } from "./open-embedded-file.ts";

const file = randomBytes(400_001);
const head = "data:image/png;name=a.png;base64,";
const url = head + file.toString("base64");
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface ReadOptions {
  from?: number;
  chunk?: number;
}

async function read(
  body: unknown,
  path: string[],
  { from = 0, chunk = 65_536 }: ReadOptions = {},
): Promise<string> {
  const json = Buffer.from(JSON.stringify(body));
  async function* chunks() {
    for (let at = 0; at < json.length; at += chunk) yield json.subarray(at, at + chunk);
  }
  const { bytes } = await openEmbeddedFile(chunks(), { path, from });
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return digest(Buffer.concat(pieces));
}

describe.each([7, 64, 65_536])("in chunks of %i bytes", (chunk) => {
  test("a text that is a file gives its bytes", async () => {
    expect(await read({ type: "file", url, name: "ü" }, ["url"], { chunk })).toBe(digest(file));
  });

  test("a file in the middle of a text ends where its base64 does", async () => {
    const text = `Grüße 😀 ![a picture](${url})\nand more`;
    expect(await read({ text }, ["text"], { from: text.indexOf("data:"), chunk })).toBe(
      digest(file),
    );
  });
});

test("lines of base64 may be broken where nothing else stands in the text", async () => {
  const broken = head + file.toString("base64").replaceAll(/.{76}/g, "$&\r\n");
  expect(await read({ url: broken }, ["url"])).toBe(digest(file));
});

test.each([
  ["an address elsewhere", "https://example.com/a.png"],
  ["a file that is not base64", "data:text/plain,hello"],
  ["a file without a byte", "data:image/png;base64,"],
  ["nothing", ""],
])("%s is no file", async (_, text) => {
  await expect(read({ url: text }, ["url"])).rejects.toMatchObject({ code: "not_found" });
});

test("there is no file beside its place", async () => {
  await expect(read({ url }, ["url"], { from: 1 })).rejects.toMatchObject({ code: "not_found" });
  await expect(read({ url }, ["other"])).rejects.toMatchObject({ code: "not_found" });
});
