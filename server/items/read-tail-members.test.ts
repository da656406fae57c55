import { expect, test } from "vitest";
import { readTailHead, readTailMembers } from "./read-tail-members.ts";

test("members at the end of an object are found behind whatever was cut", () => {
  const end = { tool: "read", callID: "c", type: "tool" };
  expect(readTailMembers(`ut"}, ${JSON.stringify(end).slice(1)}`)).toEqual(end);
  expect(readTailMembers(`put": {}},"id":"p", "type" : "text" }\n`)).toEqual({ type: "text" });
});

test("members inside a value, and text that looks like one, are not the object's own", () => {
  expect(readTailMembers(`"state":{"a":[1],"type":"inner"}}`)).toEqual({});
  expect(readTailMembers(`x, \\"type\\":\\"no\\"","a":1}`)).toEqual({});
  expect(readTailMembers(`[{"a":1,"type":"inner"}],"tool":"bash"}`)).toEqual({ tool: "bash" });
  expect(readTailMembers("")).toEqual({});
});

test("the end of a body tells its kind, and the state of a call", () => {
  const tail = `ut":"…","status":"completed","time":{"end":2}},"tool":"bash","type":"tool"}`;
  expect(JSON.parse(readTailHead(tail) ?? "")).toEqual({
    state: { status: "completed", time: { end: 2 } },
    tool: "bash",
    type: "tool",
  });
  expect(readTailHead(`t","synthetic":true,"type":"text"}`)).toBe(
    '{"synthetic":true,"type":"text"}',
  );
  expect(readTailHead("of a text")).toBeNull();
});
