import zlib from "node:zlib";
import { expect, test } from "vitest";
import { chooseCompression } from "./compress-response.ts";

const encodingFor = (accepted: string | undefined) => chooseCompression(accepted)?.encoding ?? null;

test.each([
  [undefined, null],
  ["", null],
  ["identity", null],
  ["br", null],
  ["gzip", "gzip"],
  ["GZIP;Q=0.5, br", "gzip"],
  ["gzip;q=0", null],
  ["gzip;q=nonsense", null],
  ["identity;q=1, gzip;q=0.5", null],
  ["*;q=0", null],
])("an Accept-Encoding of %s is answered with %s", (accepted, encoding) => {
  expect(encodingFor(accepted)).toBe(encoding);
});

test("zstd is chosen where this Node has it, and gzip when it is wanted more", () => {
  const best = "createZstdCompress" in zlib ? "zstd" : "gzip";
  expect(encodingFor("gzip, deflate, br, zstd")).toBe(best);
  expect(encodingFor("*")).toBe(best);
  expect(encodingFor("zstd;q=0.5, gzip")).toBe("gzip");
});
