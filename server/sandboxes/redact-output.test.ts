import { describe, expect, test } from "vitest";
import { createRedactor, redactText } from "./redact-output.ts";

const token = `ghp_${"a1B2".repeat(9)}`;

describe("redactText", () => {
  test.each([
    ["https://me:hunter2@example.org/a", "https://[redacted]@example.org/a"],
    ["'https://hunter2@example.org/a'", "'https://[redacted]@example.org/a'"],
    ["https://me:hun@ter2@example.org/a", "https://[redacted]@example.org/a"],
    [`push with ${token} now`, "push with [redacted] now"],
    ["github_pat_11ABCDEFG0hunter2hunter2", "[redacted]"],
    ["Authorization: Basic aHVudGVyMg==", "Authorization: [redacted]"],
    ["> authorization: Bearer hunter2 hunter2", "> authorization: [redacted]"],
    ["the token hunter2hunter2 expired", "the token [redacted] expired"],
    ["key sk-ant-REDACTED refused", "key [redacted] refused"],
    ["sk_live_abcdefghijkl and pk-lf-abcdefghijkl", "[redacted] and [redacted]"],
    ["got eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", "got [redacted]"],
    ["PRIVATE-TOKEN: hunter2", "PRIVATE-TOKEN: [redacted]"],
    ["NPM_TOKEN=hunter2hunter2 ok", "NPM_TOKEN=[redacted] ok"],
    [`{"password": "hunter2"}`, `{"password": "[redacted]"}`],
  ])("%s", (text, expected) => expect(redactText(text)).toBe(expected));

  test.each([
    "fatal: repository 'https://example.org/a/' not found",
    "Receiving objects: 100% (3/3), done.",
    "mail to me@example.org",
    "3 tokens used, the token expired-today",
    "constraint pk_users_accounts",
    "https://example.org/@team/app",
  ])("leaves %s as it is", (text) => expect(redactText(text)).toBe(text));

  test("removes values that are known to be secret, line by line, but not short words", () => {
    expect(redactText("a correct horse b true", ["correct horse", "true"])).toBe(
      "a [redacted] b true",
    );
    expect(redactText("KEY-LINE-1", ["KEY-LINE-1\nKEY-LINE-2"])).toBe("[redacted]");
    expect(redactText("abcdefgh", ["abcdef", "abcdefgh"])).toBe("[redacted]");
    expect(redactText("a padded word", [" padded\t"])).toBe("a [redacted] word");
  });
});

describe("createRedactor", () => {
  const output = [
    "Cloning\rRéceiving 10%\rRéceiving 99%\r\n",
    `remote: https://me:hunter2@example.org/a\n`,
    `${token} and Authorization: Basic hunter2 hunter2\n`,
    `${"x ".repeat(5_000)}https://me:hunter2@example.org/b\n`,
    "very secret value\nlast line with hunter2@ https://hunter2@e.org",
  ].join("");

  const pass = (chunkBytes: number) => {
    let text = "";
    const redactor = createRedactor((piece) => (text += piece), ["very secret value"]);
    const bytes = new TextEncoder().encode(output);
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      redactor.write(bytes.subarray(start, start + chunkBytes));
    }
    redactor.end();
    return text;
  };

  test.each([1, 2, 3, 7, 64, 100_000])("finds credentials in chunks of %i bytes", (chunkBytes) => {
    const text = pass(chunkBytes);
    expect(text.replace("line with hunter2@", "")).not.toMatch(/hunter2|ghp_|secret value/);
    expect(text).toContain("Cloning\rRéceiving 10%\rRéceiving 99%\r\n");
    expect(text).toContain("x … (line too long)\n[redacted]\nlast line");
  });

  test("shows no half of a credential where a long line is cut", () => {
    for (const lead of [8_170, 8_180, 8_185, 8_191]) {
      let text = "";
      const redactor = createRedactor((piece) => (text += piece));
      const line = `${"y".repeat(lead - 9)} ${token}hunter2${"z".repeat(100)}`;
      redactor.write(new TextEncoder().encode(line.replace(" ", " https://me:hunter2@")));
      redactor.end();
      expect(text).not.toMatch(/hunter2|ghp_/);
    }
  });

  test("passes a line on as soon as it has ended", () => {
    const pieces: string[] = [];
    const redactor = createRedactor((piece) => pieces.push(piece));
    redactor.write(Buffer.from("one\ntw"));
    expect(pieces).toEqual(["one\n"]);
    redactor.write(Buffer.from("o\n"));
    expect(pieces).toEqual(["one\n", "two\n"]);
  });
});
