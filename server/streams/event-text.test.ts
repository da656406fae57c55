import { expect, test } from "vitest";
import { eventText, findTextEnd } from "./event-text.ts";

/** What a reader makes of an event (HTML, section 9.2.6). */
function read(event: string): string {
  const data = event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).replace(/^ /, ""));
  return data.join("\n");
}

test.each(["", "a", " a", "  a", "a\nb", "\n", "a\n\nevent: control\ndata: {}\n\n", ":x"])(
  "%j arrives as it was",
  (text) => {
    expect(eventText(text).split("\n\n")).toHaveLength(2);
    expect(read(eventText(text))).toBe(text);
  },
);

test("every kind of line break arrives as one of its kind", () => {
  expect(read(eventText("a\r\nb\rc\nd"))).toBe("a\nb\nc\nd");
});

test.each([1, 2, 3, 5, 7])(
  "a text that is cut every %i bytes is cut between characters",
  (size) => {
    const text = Buffer.from("aé€😀\r\nz\r\r\n");
    let sent = "";
    let held = Buffer.alloc(0);
    for (let from = 0; from < text.byteLength; from += size) {
      held = Buffer.concat([held, text.subarray(from, from + size)]);
      const end = findTextEnd(held, { hasMore: from + size < text.byteLength });
      const part = held.subarray(0, end).toString("utf8");
      expect(part).not.toContain("\ufffd");
      sent += part;
      held = held.subarray(end);
    }
    expect(sent).toBe(text.toString());
    expect(held).toHaveLength(0);
  },
);

test("what is no UTF-8 holds nothing up", () => {
  expect(findTextEnd(Buffer.from([0x61, 0x80, 0x80, 0x80, 0x80]), { hasMore: false })).toBe(5);
  expect(findTextEnd(Buffer.from([0xff, 0x61]), { hasMore: false })).toBe(2);
});
