import { expect, test } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { type AppendRequest, type AppendTarget, judgeAppend } from "./judge-append.ts";

const open: AppendTarget = {
  contentType: "text/plain",
  tail: 7,
  isClosed: false,
  closedBy: null,
  lastSeq: null,
  producer: null,
};
const plain: AppendRequest = {
  contentType: "text/plain",
  closes: false,
  seq: null,
  producer: null,
};

function judge(
  target: Partial<AppendTarget>,
  request: Partial<AppendRequest>,
  hasBody = true,
): string {
  try {
    return judgeAppend({ ...open, ...target }, { ...plain, ...request }, hasBody);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return [error.code, ...Object.values(error.details)].join(" ");
  }
}

const closed = { isClosed: true };
const end = "true 0000000000000000_0000000000000007";

test.each([
  ["bytes", {}, {}, true, "append"],
  ["nothing", {}, {}, false, "invalid_input"],
  ["closing alone", {}, { closes: true, contentType: null }, false, "append"],
  ["closing alone, with any type", {}, { closes: true, contentType: "image/png" }, false, "append"],
  ["no type", {}, { contentType: null }, true, "invalid_input Content-Type"],
  ["another type", {}, { contentType: "text/html" }, true, "conflict Content-Type"],
  ["the type in another spelling", {}, { contentType: "Text/Plain; x=1" }, true, "append"],
  ["bytes, when closed", closed, {}, true, `conflict ${end}`],
  ["bytes of another type, when closed", closed, { contentType: "a/b" }, true, `conflict ${end}`],
  ["closing again", closed, { closes: true }, false, "repeated"],
  ["closing again with bytes", closed, { closes: true }, true, `conflict ${end}`],
  ["a greater sequence", { lastSeq: "09" }, { seq: "10" }, true, "append"],
  ["one that is greater as a number", { lastSeq: "2" }, { seq: "10" }, true, "conflict Stream-Seq"],
  ["the same sequence", { lastSeq: "a" }, { seq: "a" }, true, "conflict Stream-Seq"],
  ["lower case after upper", { lastSeq: "B" }, { seq: "a" }, true, "append"],
  ["none after one", { lastSeq: "a" }, {}, true, "append"],
] as const)("judges %s", (...[, target, request, hasBody, verdict]) => {
  expect(judge(target, request, hasBody)).toBe(verdict);
});

const at = (epoch: number, seq: number) => ({ producer: { producerId: "p", epoch, seq } });
const stood = (epoch: number, lastSeq: number) => ({ producer: { epoch, lastSeq } });

test.each([
  ["its first append", {}, at(0, 0), "append"],
  ["its first append in a later epoch", {}, at(4, 0), "append"],
  ["a first append that is none", {}, at(0, 2), "conflict 0 2"],
  ["the next", stood(0, 3), at(0, 4), "append"],
  ["the last again", stood(0, 3), at(0, 3), "repeated"],
  ["an earlier one again", stood(0, 3), at(0, 0), "repeated"],
  ["a gap", stood(0, 3), at(0, 5), "conflict 4 5"],
  ["a new epoch", stood(0, 3), at(1, 0), "append"],
  ["a new epoch in its middle", stood(0, 3), at(1, 4), "invalid_input Producer-Seq"],
  ["an epoch that was left", stood(2, 0), at(1, 9), "forbidden 2"],
] as const)("judges %s of a producer", (...[, target, request, verdict]) => {
  expect(judge(target, request)).toBe(verdict);
});

test("a producer that repeats an append need not bring a greater sequence", () => {
  expect(judge({ ...stood(0, 0), lastSeq: "b" }, { ...at(0, 0), seq: "a" })).toBe("repeated");
});

test("who closed the stream may say so again, and nobody else", () => {
  const target = { ...closed, closedBy: at(1, 2).producer };
  expect(judge(target, { ...at(1, 2), closes: true })).toBe("repeated");
  expect(judge(target, { ...at(1, 1), closes: true })).toBe(`conflict ${end}`);
  const other = { producer: { producerId: "q", epoch: 1, seq: 2 } };
  expect(judge(target, { ...other, closes: true }, false)).toBe(`conflict ${end}`);
});
