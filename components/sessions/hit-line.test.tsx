import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { SearchHit } from "#lib/search-hit.ts";
import { HitLine, hitLink, withoutMarks } from "./hit-line.tsx";

const hit = (text: string, found: string, rest: Partial<SearchHit> = {}): SearchHit => {
  const start = text.indexOf(found);
  const ranges = [{ start, end: start + found.length }];
  return { kind: "answer", messageId: "", partId: "", text, ranges, count: 1, ...rest };
};
const draw = (each: SearchHit) => renderToStaticMarkup(<HitLine hit={each} />);
const read = (each: SearchHit) => draw(each).replaceAll(/<[^>]*>/g, "");

test("a find is marked in the middle of its word", () => {
  expect(draw(hit("the tests ran", "test"))).toMatch(/the <mark[^>]*>test<\/mark>s ran/);
});

test("what it is in and how often come first, so that no cut takes them", () => {
  expect(read(hit("the tests ran", "test", { count: 1_200 }))).toBe(
    "Answer, 1,200 places · the tests ran",
  );
});

test("an answer reads without the marks of Markdown, what a tool got as it is", () => {
  const text = "… ```bash run `npm test` ``` ## Next - **one** - two";
  expect(read(hit(text, "npm"))).toBe("Answer · … run npm test Next - one - two");
  expect(read(hit("a `b` ** - c", "b", { kind: "output" }))).toBe("Tool output · a `b` ** - c");
  expect(withoutMarks("2 - 1 * 3 a_b #4 C# -x")).toBe("2 - 1 * 3 a_b #4 C# -x");
});

test("nothing in it turns the text around or becomes a tag", () => {
  const html = draw(hit("<b>x</b> \u202egnp \u202eevil", "\u202eevil"));
  expect(html).not.toContain("\u202e");
  expect(html).not.toContain("<b>");
});

test("its address tells what to mark at the place (#4)", () => {
  const found = hit("the tests & more", "tests &", { partId: "prt 1" });
  expect(hitLink("ses_1", found)).toBe("/sessions/ses_1?found=tests+%26#prt%201");
  expect(hitLink("ses_1", null)).toBe("/sessions/ses_1");
});
