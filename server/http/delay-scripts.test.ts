import { expect, test } from "vitest";
import { delayScripts } from "./delay-scripts.ts";

const noStyles = new Map<string, string>();
const page = (head: string, body = "") =>
  `<!DOCTYPE html><html><head>${head}</head><body>${body}</body></html>`;

test("scripts of the build are loaded by one that waits, wherever they stand", () => {
  const html = page(
    '<script src="/_next/static/chunks/a.js" async="" nonce="n+/="></script><title>One</title>',
    '<main>Two</main><script src="/_next/static/chunks/b-~.js" nonce="n+/=" async=""></script>',
  );
  const delayed = delayScripts(html, noStyles);
  expect(delayed).toContain("<title>One</title>");
  expect(delayed).toContain("<main>Two</main></body>");
  expect(delayed.match(/<script/g)).toHaveLength(1);
  expect(delayed).toContain('<script nonce="n+/=">');
  expect(delayed).toContain(
    '(["/_next/static/chunks/a.js","/_next/static/chunks/b-~.js"],[])</script></head>',
  );
});

test("none of them is asked for earlier than that, and fonts still are", () => {
  const font = '<link rel="preload" href="/_next/static/media/a.woff2" as="font" crossorigin=""/>';
  const early =
    '<link rel="preload" as="script" fetchPriority="low" nonce="n" href="/_next/static/a.js"/>';
  const delayed = delayScripts(page(`${font}${early}${script}`), noStyles);
  expect(delayed).toContain(font);
  expect(delayed).not.toContain(early);
});

test("what is no script of the build, or only says so, stays where it is", () => {
  const others = [
    '<script src="/_next/static/chunks/old.js" noModule="" nonce="n"></script>',
    '<script src="https://example.org/a.js" async="" nonce="n"></script>',
    '<script nonce="n">push("\\u003cscript src=\\"/_next/static/a.js\\" async=\\"\\">")</script>',
    '<p>&lt;script src="/_next/static/a.js" async="" nonce="n"&gt;&lt;/script&gt;</p>',
  ].join("");
  expect(delayScripts(page(others), noStyles)).toBe(page(others));
});

const sheet =
  '<link rel="stylesheet" href="/_next/static/a.css" nonce="n" data-precedence="next"/>';
const script = '<script src="/_next/static/a.js" async="" nonce="n"></script>';
const styles = new Map([["/_next/static/a.css", 'a{content:"$&"}']]);

test("the styles of a page stand in it, and one that nobody knows stays a link", () => {
  const other = sheet.replace("a.css", "b.css");
  const delayed = delayScripts(page(`${sheet}${other}${script}`), styles);
  expect(delayed).toContain(`<style nonce="n">a{content:"$&"}</style>${other}`);
  expect(delayed).not.toContain(sheet);
  expect(delayScripts(page(sheet), styles)).toBe(page(sheet));
});

interface Frames {
  visibilityState: "visible" | "hidden";
}

/** Runs the one script that is left, in a page that has nothing but what it needs. */
function runLoader({ visibilityState }: Frames) {
  const html = delayScripts(page(`${sheet}${script}`), styles);
  const source = /<script nonce="n">(.*)<\/script>/s.exec(html)?.[1] ?? "";
  const loaded: object[] = [];
  const steps: (() => void)[] = [];
  const document = {
    visibilityState,
    currentScript: { nonce: "n" },
    createElement: (name: string) => (name === "link" ? { dataset: {} } : {}),
    head: { append: (element: object) => loaded.push(element) },
  };
  const later = (step: () => void) => steps.push(step);
  // The page's own script, which is text here.
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function("document", "requestAnimationFrame", "setTimeout", source)(document, later, later);
  return { loaded, step: () => steps.shift()?.() };
}

test("they come after the first frame is drawn, with the nonce of the page", () => {
  const { loaded, step } = runLoader({ visibilityState: "visible" });
  expect(loaded).toEqual([]);
  step();
  expect(loaded).toEqual([]);
  step();
  expect(loaded).toEqual([
    {
      rel: "stylesheet",
      media: "print",
      href: "/_next/static/a.css",
      nonce: "n",
      dataset: { precedence: "next" },
    },
    { src: "/_next/static/a.js", async: true, nonce: "n" },
  ]);
});

test("a page that nobody sees has no frames, and loads them at once", () => {
  const { loaded } = runLoader({ visibilityState: "hidden" });
  expect(loaded).toHaveLength(2);
});
