import { expect, test } from "vitest";
import { createEventStreamParser } from "./event-stream-parser.ts";

const text = 'data: {"a":"x"}\n\n: ping\n\nid: 1-2\ndata: {"b":"\\n\\n é"}\n\ndata: unfinished';

test.each([1, 2, 3, 7, 64])("finds events in pieces of %i characters", (size) => {
  const parse = createEventStreamParser();
  const found: (string | null)[] = [];
  for (let start = 0; start < text.length; start += size)
    found.push(...parse(text.slice(start, start + size)));
  expect(found).toEqual(['{"a":"x"}', null, '{"b":"\\n\\n é"}']);
});
