import { expect, test } from "vitest";
import type { Transfer } from "./transfer.ts";
import { describePacking, describeTransfer } from "./transfer-words.ts";

const transfer = (changes: Partial<Transfer>): Transfer => ({
  transferId: "upl_1",
  name: "session.json",
  bytes: 34_000_000,
  sessionId: "ses_1",
  sessionOrigin: "upload",
  state: "sending",
  sentBytes: 12_000_000,
  bytesPerSecond: 5_500_000.4,
  uploadId: null,
  problem: null,
  ...changes,
});

test("what is being sent tells how much, how fast and how long", () => {
  expect(describeTransfer(transfer({}))).toBe("12 MB of 34 MB · 5.5 MB a second · 4 s left");
});

test("what is not known, or not going on, is left out", () => {
  expect(describeTransfer(transfer({ bytesPerSecond: null }))).toBe("12 MB of 34 MB");
  expect(describeTransfer(transfer({ bytesPerSecond: 0 }))).toBe("12 MB of 34 MB");
  expect(describeTransfer(transfer({ state: "paused" }))).toBe("12 MB of 34 MB");
  expect(describeTransfer(transfer({ state: "refused" }))).toBe("34 MB");
});

test("only what the server takes is offered", () => {
  expect(describePacking(["identity", "gzip", "br", "zstd"])).toBe("gzip, brotli or zstd");
  expect(describePacking(["identity", "gzip", "br"])).toBe("gzip or brotli");
});
