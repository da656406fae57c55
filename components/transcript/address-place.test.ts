import { expect, test } from "vitest";
import { placeOf } from "./address-place.ts";

test("a fragment names a message or a part, as it was written or encoded", () => {
  expect(placeOf("#msg_1")).toBe("msg_1");
  expect(placeOf("#turn%3A3")).toBe("turn:3");
  expect(placeOf("#msg_1%2Fprt_2")).toBe("msg_1/prt_2");
});

test("lines belong to the part that they are of", () => {
  expect(placeOf("#prt_1:L10-L20")).toBe("prt_1");
  expect(placeOf("#prt_1:L10")).toBe("prt_1");
});

test("nothing, what other parts of the page say, and what is not encoded as it should be name no place", () => {
  for (const hash of ["", "#", "#main", "#skipped", "#uploads", "#weight", "#%E0%A4%A"])
    expect(placeOf(hash), hash).toBeNull();
});
