import { expect, test } from "vitest";
import { parseRepositoryPattern } from "./repository-pattern.ts";

const parse = (text: string) => parseRepositoryPattern(text, { allowLocalPaths: true });

test.each([
  ["", ""],
  ["Acme/App", "https://github.com/acme/app"],
  ["Acme/*", "https://github.com/acme/*"],
  ["https://github.com/Acme/*", "https://github.com/acme/*"],
  ["https://Git.test/Team/*", "https://git.test/Team/*"],
  ["/srv/*", "file:///srv/*"],
])("%j becomes the keys %j", (text, pattern) => {
  expect(parse(text)).toBe(pattern);
});

test.each(["*", "https://*", "https://*.test/a", "https://a@git.test/*", "a/*/*/*", "ssh://x/*"])(
  "%j is refused",
  (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  },
);
