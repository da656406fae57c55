import { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { dropHalfSecret } from "./drop-half-secret.ts";
import { findSecrets } from "./find-secrets.ts";
import { hidePaths } from "./hide-paths.ts";
import { findMaskCut, maskSecrets } from "./mask-secrets.ts";
import { createJsonTransform, dropLastWord, rewriteJsonText } from "./rewrite-json-text.ts";

const GITHUB = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;
const KEY = `-----BEGIN RSA PRIVATE KEY-----\n${"MIIEpAIBAAKCAQEAabcd1234+/xyz\n".repeat(50)}-----END RSA PRIVATE KEY-----`;

const definite: [string, string][] = [
  ["github", GITHUB],
  ["github-fine", `github_pat_${"1A2b3C4d5E".repeat(8)}`],
  ["gitlab", "glpat-abcdefghij0123456789"],
  ["aws-key-id", "AKIAJ4Z7Q2M5XK3PLW6A"],
  ["google-api", "AIzaSyA1234567890abcdefghijklmnopqrstuv"],
  ["anthropic", `sk-ant-api03-${"a1B2c3D4".repeat(11)}-AA`],
  ["openai", `sk-proj-${"abcDEF123456".repeat(6)}`],
  ["openrouter", `sk-or-v1-${"0123456789abcdef".repeat(4)}`],
  ["slack", "xoxb-123456789012-1234567890123-abcdefghijABCDEFGHIJklmn"],
  ["stripe", "sk_live_abcdefghij0123456789ABCD"],
  ["npm", "npm_abcdefghijklmnopqrstuvwxyz0123456789"],
  ["hugging-face", "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"],
  ["sendgrid", `SG.${"aB3".repeat(7)}.${"cD4".repeat(14)}`],
  ["telegram", "123456789:AAabcdefghijklmnopqrstuvwxyz0123456"],
  ["millrace", `mrt_${"a1B2c3D".repeat(7)}`],
  [
    "jwt",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
  ],
];

describe("secrets in a text", () => {
  test.each(definite)("%s is found by its form, and all of it", (rule, secret) => {
    expect(findSecrets(`see ${secret}, please`)).toEqual([
      { start: 4, end: 4 + secret.length, from: 4, rule, isDefinite: true },
    ]);
  });

  test.each([
    ["a path", "https://host/"],
    ["a colour", "\u001b[01;31m\u001b[K"],
    ["JSON in a text", String.raw`{\"key\": \"\n`],
    ["a code in JSON in a text", String.raw`\u0022`],
    ["an address", "?key%3D"],
  ])("is found right behind %s", (_, before) => {
    expect(findSecrets(`${before}${GITHUB}`)).toMatchObject([
      { start: before.length, end: before.length + GITHUB.length, rule: "github" },
    ]);
  });

  test.each([
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B2C\n\n",
    "Version: GnuPG v2 (GNU/Linux)\n\n",
  ])("a private key that was cut behind its headers is found, %s", (headers) => {
    const text = KEY.slice(0, 300).replace("-----\n", `-----\n${headers}`);
    expect(findSecrets(text)).toMatchObject([{ start: 0, end: text.length, rule: "private-key" }]);
  });

  test("a long private key is found whole", () => {
    const text = KEY.replace("\n", `\n${"MIIEpAIBAAKCAQEAabcd1234+/xyz\n".repeat(450)}`);
    expect(findSecrets(text)).toMatchObject([{ start: 0, end: text.length }]);
  });

  test("what begins like a picture and is none is looked through", () => {
    expect(findSecrets(`data:image/png;base64,iVBORw0KGgo= and ${GITHUB}`)).toHaveLength(1);
  });

  test.each([
    ["private-key", KEY, KEY],
    ["private-key", KEY.slice(0, 300), KEY.slice(0, 300)],
    ["url-password", "postgres://app:s3cr3tPa55@db.internal/x", "s3cr3tPa55"],
    ["authorization", 'curl -H "Authorization: Bearer abc123def456ghi"', "abc123def456ghi"],
    [
      "aws-secret",
      "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
    ],
  ])("%s is known by what stands around it", (rule, text, secret) => {
    const [found] = findSecrets(text);
    expect(found).toMatchObject({ rule, isDefinite: true });
    expect(text.slice(found!.start, found!.end)).toBe(secret);
  });

  test("what only may be a secret is a guess", () => {
    expect(findSecrets("DB_PASSWORD=hunter2!horse")).toMatchObject([
      { rule: "assignment", isDefinite: false, start: 12, end: 25 },
    ]);
    expect(findSecrets("q7Zp2LmX9vBt4RkW8sYd3NcF6hJg1QaE")).toMatchObject([
      { rule: "random", isDefinite: false },
    ]);
    expect(findSecrets("hunter2!horse", "dbPassword")).toMatchObject([{ isDefinite: false }]);
  });

  test.each([
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "postgres://user:password@localhost/db",
    "password = process.env.DB_PASSWORD",
    "const token = await readToken();",
    "ses_0193d2b7c8a0AbCdEfGhIjKlMn",
    "token: string | null",
    "/usr/lib/node_modules/typescript/lib/typescript.js",
    "sha512-q7Zp2LmX9vBt4RkW8sYd3NcF6hJg1QaEq7Zp2LmX9vBt4RkW8sYd3NcF6hJg1QaE==",
  ])("%s is none", (text) => {
    expect(findSecrets(text)).toEqual([]);
  });

  test("a long text takes time by its length", () => {
    const hostile = [
      "_",
      "a",
      "A1b",
      "eyJ",
      "password",
      "-----BEGIN PRIVATE KEY-----",
      `-----BEGIN PRIVATE KEY-----\n${"a-b-c-d-: ".repeat(40)}"`,
      "-----END PRIVATE KEY-----",
      "a://b:",
      "M",
      "1",
    ];
    for (const piece of hostile) {
      const before = process.cpuUsage();
      findSecrets(piece.repeat(Math.ceil(200_000 / piece.length)));
      expect(process.cpuUsage(before).user, piece).toBeLessThan(2_000_000);
    }
  });
});

const mask = {
  rewrite: (text: string, key: string | null) => maskSecrets(text, key, () => true),
  findCut: findMaskCut,
};

describe("masking JSON", () => {
  test("a body without secrets stays byte for byte", () => {
    const body = String.raw`{ "a" : "\u0041\n\/ ok", "b":[1.5e3,true,null,"x"], "c":{"d":"🙂 \ud83d"} }`;
    expect(rewriteJsonText(body, mask)).toBe(body);
  });

  test("escapes hide no secret", () => {
    const escaped = Array.from(
      GITHUB,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    for (const body of [`{"a":"\\n${GITHUB}"}`, `{"a":"${escaped.join("")}"}`]) {
      const masked = rewriteJsonText(body, mask);
      expect(JSON.parse(masked)).toEqual({
        a: expect.stringMatching(/^\n?\[GitHub token hidden\]$/),
      });
    }
  });

  test("names of members and values of secret names are masked", () => {
    const masked = rewriteJsonText(
      `{"${GITHUB}":1,"password":"hunter2!horse","list":["hunter2!horse"]}`,
      mask,
    );
    expect(JSON.parse(masked)).toEqual({
      "[GitHub token hidden]": 1,
      password: "[Possible secret hidden]",
      list: ["hunter2!horse"],
    });
  });

  test("what is no JSON does not pass beside the strings", () => {
    expect(rewriteJsonText(`ghp_ABCDEFGHIJ {"a":1}`, mask)).not.toMatch(/ghp|GHIJ/);
  });

  test.each([1, 2, 3, 7, 64, 65_536])("the same comes of pieces of %i bytes", async (size) => {
    const filler = "Some text with a path /usr/lib and äöü 🙂 in it.\n".repeat(
      size < 64 ? 100 : 8_000,
    );
    const body = JSON.stringify({
      a: `${filler}${GITHUB} ${filler}${KEY}${filler}`,
      b: { token: "hunter2!horse" },
    });
    const bytes = Buffer.from(body);
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
    const masked = await readText(Readable.from(pieces).pipe(createJsonTransform(mask)));
    expect(JSON.parse(masked)).toEqual({
      a: `${filler}[GitHub token hidden] ${filler}[Private key hidden]${filler}`,
      b: { token: "[Possible secret hidden]" },
    });
  });

  test("a secret at every place of a long string is masked wherever the windows are cut", () => {
    const unit = `${"x".repeat(997)} ${GITHUB} `;
    const masked = rewriteJsonText(JSON.stringify({ a: unit.repeat(600) }), mask);
    expect(masked).not.toContain("ghp_");
    expect(masked.match(/GitHub token hidden/g)).toHaveLength(600);
  });

  test("escapes and short strings without number are read once", () => {
    const texts = ["\\n".repeat(500_000), "x".repeat(500_000)];
    const body = JSON.stringify([...texts, ...Array.from({ length: 100_000 }, (_, n) => `a${n}`)]);
    const before = process.cpuUsage();
    expect(rewriteJsonText(body, mask)).toHaveLength(body.length);
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });

  test("of a beginning the last word is left out, which may be half of a secret", () => {
    expect(dropLastWord(`{"a":"see ${GITHUB.slice(0, 20)}`)).toBe(`{"a":"see `);
  });
});

test.each([
  [`Use ${GITHUB.slice(0, 20)}`, "Use …"],
  [`Use ${GITHUB.slice(0, 20)} …`, "Use … …"],
  [`Use ${GITHUB.slice(0, 20)}…`, "Use ……"],
  [`token=${GITHUB.slice(0, 20)}`, "…"],
  ["Connect to postgres://app:s3cr", "Connect to …"],
  ["Explain internationalization", "Explain internationalization"],
  ["Look at src/page1.tsx", "Look at src/page1.tsx"],
  ["Use [GitHub token hidden]", "Use [GitHub token hidden]"],
])("a cut title does not end in half of a secret: %s", (title, expected) => {
  expect(dropHalfSecret(title)).toBe(expected);
});

test.each([
  ["/home/ann/proj/src/a.ts", "./src/a.ts"],
  ["cd /home/ann/proj && ls", "cd ./ && ls"],
  ["/home/ann/proj-two/x.ts", "…/x.ts"],
  ["/home/ann", "~"],
  ["at /Users/ann/code/x.ts:3:1", "at …/x.ts:3:1"],
  [String.raw`C:\Users\ann\code\x.ts`, "…/x.ts"],
  ["/tmp/abc/log.txt", "…/log.txt"],
  ["/usr/bin/node", "/usr/bin/node"],
  ["GET https://host/home/ann", "GET https://host/home/ann"],
  ["file:///home/ann/x", "…/x"],
])("paths of the machine are hidden: %s", (text, expected) => {
  expect(hidePaths(text, ["/home/ann/proj"])).toBe(expected);
});
