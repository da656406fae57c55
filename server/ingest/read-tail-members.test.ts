import { expect, test } from "vitest";
import { readTailMembers } from "./read-tail-members.ts";

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
