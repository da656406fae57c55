import { expect, test } from "vitest";
import { formatPlace, parsePlace } from "./transcript-place.ts";

test.each([
  { messageId: "msg_1", partId: "" },
  { messageId: "0f3c:7", partId: "prt_é🦉" },
])("a place comes back as it went: %o", (place) => {
  expect(parsePlace(formatPlace(place))).toEqual(place);
});

test.each(["", "/", "/prt_1", "msg_1/", "msg_1/prt_1/more", "msg_1\0", "m".repeat(300)])(
  "%j is no place",
  (text) => {
    expect(() => parsePlace(text)).toThrow(/malformed/);
  },
);
