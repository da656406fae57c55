import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Markdown } from "./markdown.tsx";

const draw = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

describe("Markdown as people write it", () => {
  test.each([
    [
      "**a** *b* ~~c~~ `d`",
      /<strong[^>]*>a<\/strong> <em>b<\/em> <del>c<\/del> <code[^>]*>d<\/code>/,
    ],
    ["# One\n\n### Three", /<h3[^>]*>One<\/h3><h5[^>]*>Three<\/h5>/],
    ["- a\n- b", /<ul[^>]*><li[^>]*>a<\/li><li[^>]*>b<\/li><\/ul>/],
    ["3. a\n4. b", /<ol start="3"[^>]*><li[^>]*>a<\/li>/],
    ["- [x] done\n- [ ] open", /<input[^>]*checked=""[^>]*\/><div[^>]*><div>done<\/div>/],
    ["| a | b |\n|--|-:|\n| 1 | 2 |", /<th[^>]*>a<\/th>.*<td[^>]*text-right[^>]*>2<\/td>/],
    ["> quoted", /<blockquote[^>]*><p>quoted<\/p><\/blockquote>/],
    ["```ts\nconst a = 1 < 2;\n```", /<figcaption[^>]*>ts<\/figcaption>.*const a = 1 &lt; 2;/],
    ["a &amp; b  \nc", /<p>a &amp; b<br\/>c<\/p>/],
    ["<https://example.org>", /<a href="https:\/\/example.org\/"/],
    ["one\n\n---\n\ntwo", /<p>one<\/p><hr[^>]*\/><p>two<\/p>/],
  ])("%j", (text, html) => {
    expect(draw(text)).toMatch(html);
  });

  test.each([
    ["Footnote[^1].\n\n[^1]: note", "Footnote<sup>1</sup>.", "<p>note</p>"],
    ["A[^a] B[^b].\n\n[^a]: **one** of\ntwo\n[^b]: other", "A<sup>a</sup> B<sup>b</sup>.", "other"],
    ["A[^1].\n\n[^1]: one\n\n    two\n\nthree", "<p>one</p><p>two</p>", "<p>three</p>"],
    ["A[^1].\n\n[^1]:", "A<sup>1</sup>.", "<sup>1</sup>"],
    ["a [^a-z] and [^1]", "a [^a-z] and [^1]", ""],
  ])("a footnote is shown with its note: %j", (text, mention, note) => {
    expect(draw(text)).toContain(mention);
    expect(draw(text)).toContain(note);
  });

  test("links tell nobody where they were found", () => {
    expect(draw("[a](https://example.org)")).toContain('rel="noopener noreferrer nofollow ugc"');
  });
});

describe("hostile Markdown stays text", () => {
  test.each([
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "a <img src=x onerror=alert(1)> b",
    "<svg onload=alert(1)><a href='javascript:alert(1)'>x</a></svg>",
    "<iframe src=https://evil.example></iframe>",
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT&colon;alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "![p](https://evil.example/p.png)",
    "![p](https://evil.example/p.svg 'onload=alert(1)')",
    "[![p](https://evil.example/p.png)](javascript:alert(1))",
    "![](data:image/svg+xml,<svg onload=alert(1)>)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "a[^1]\n\n[^1]: <img src=x onerror=alert(1)> [x](javascript:alert(1))",
    "| <script>x</script> | [y](javascript:1) |\n|--|--|\n| ![z](http://evil.example/z) | b |",
    "```mermaid\ngraph TD; A[<script>alert(1)</script>]-->B\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    `${"> ".repeat(500)}<script>alert(1)</script>`,
  ])("%j", (text) => {
    const html = draw(text);
    expect(html).not.toMatch(
      /<(?:script|img|svg|iframe|object|embed|style|link|base|form)\b(?! aria-hidden| [^>]*class="lucide)/i,
    );
    expect(html).not.toMatch(/(?:href|src)="(?!https?:\/\/|mailto:|#)/i);
    expect(html).not.toMatch(/<[^>]*\ssrc=/i);
    expect(html).not.toMatch(/<[^>]*\son\w+=/i);
  });
});

describe("what is too large", () => {
  test("is said to be plain", () => {
    expect(draw("word ".repeat(50_000))).toContain("Shown as plain text");
    expect(draw(`a\n\n${"*b **c ".repeat(4_000)}`)).toContain("Some of it is shown as plain text");
  });

  test("shows the beginning of its list or table, and a way to the rest", () => {
    const list = draw("- a\n".repeat(1_000));
    expect(list.match(/<li/g)).toHaveLength(300);
    expect(list).toContain("300 of 1,000 items");
    const table = draw(`| a | b | c |\n|--|--|--|\n${"| 1 | 2 | 3 |\n".repeat(1_000)}`);
    expect(table.match(/<td/g)).toHaveLength(600);
    expect(table).toContain("200 of 1,000 rows");
  });

  test("has no table of hundreds of columns", () => {
    const row = (cell: string) => `|${` ${cell} |`.repeat(300)}`;
    const html = draw([row("a"), row("--"), row("b")].join("\n"));
    expect(html).not.toContain("<table");
    expect(html).toContain("| a | a |");
  });
});
