import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Planted {
  file: string;
  code: string;
  /** The rule that must fire, or null for code that is allowed. */
  rule: string | null;
}

const planted: Planted[] = [
  { file: "lib/a.ts", code: `import "#server/env.ts";`, rule: "millrace(folders)" },
  { file: "lib/b.ts", code: `import "../server/env.ts";`, rule: "millrace(folders)" },
  {
    file: "lib/c.ts",
    code: `import type { Env } from "#server/env.ts";`,
    rule: "millrace(folders)",
  },
  { file: "lib/d.ts", code: `import "node:fs";`, rule: "millrace(one-home)" },
  { file: "lib/e.ts", code: `void import("#server/env.ts");`, rule: "millrace(folders)" },
  { file: "lib/f.ts", code: `import "./ids";`, rule: "millrace(folders)" },
  {
    file: "lib/g.ts",
    code: `export const ids = 1;\nexport default ids;`,
    rule: "import(no-default-export)",
  },
  { file: "lib/h.ts", code: `export { ids } from "./ids.ts";`, rule: "millrace(no-re-exports)" },
  {
    file: "lib/i.ts",
    code: `import { ids } from "./ids.ts";\nexport const two = ids;`,
    rule: null,
  },
  { file: "drizzle/schema/a.ts", code: `import "#server/env.ts";`, rule: "millrace(folders)" },
  { file: "drizzle/schema/b.ts", code: `import "#lib/ids.ts";`, rule: null },
  {
    file: "server/items/a.ts",
    code: `import "#components/button.tsx";`,
    rule: "millrace(folders)",
  },
  { file: "server/items/b.ts", code: `import "#app/page.tsx";`, rule: "millrace(folders)" },
  { file: "server/items/c.ts", code: `import "postgres";`, rule: "millrace(one-home)" },
  { file: "server/items/d.ts", code: `import "ws";`, rule: "millrace(one-home)" },
  { file: "server/items/e.ts", code: `import "pg-boss";`, rule: "millrace(one-home)" },
  { file: "server/items/f.ts", code: `import "@aws-sdk/client-s3";`, rule: "millrace(one-home)" },
  { file: "server/items/g.ts", code: `import "node:child_process";`, rule: "millrace(one-home)" },
  {
    file: "server/items/h.ts",
    code: `import "../routers/app-router.ts";`,
    rule: "millrace(server-layers)",
  },
  {
    file: "server/items/i.ts",
    code: `import "#server/http/error-response.ts";`,
    rule: "millrace(server-layers)",
  },
  {
    file: "server/items/j.ts",
    code: `export const home = process.env["HOME"];`,
    rule: "node(no-process-env)",
  },
  {
    file: "server/items/k.ts",
    code: "export const query = `update items set seq = 1`;",
    rule: null,
  },
  { file: "server/items/l.ts", code: `import "node:fs";\nimport "#lib/ids.ts";`, rule: null },
  {
    file: "server/live/a.ts",
    code: "export const query = `update items set seq = 1`;",
    rule: "millrace(items-writer)",
  },
  { file: "server/live/b.ts", code: `import "ws";\nimport "node:net";`, rule: null },
  { file: "server/blobs/a.ts", code: `import "@aws-sdk/client-s3";`, rule: null },
  { file: "server/queue/a.ts", code: `import "pg-boss";`, rule: null },
  {
    file: "server/database/a.ts",
    code: `import "postgres";\nimport "node:child_process";`,
    rule: null,
  },
  { file: "server/sandboxes/a.ts", code: `import "node:child_process";`, rule: null },
  { file: "server/routers/a.ts", code: `import "#server/items/l.ts";`, rule: null },
  { file: "components/a.tsx", code: `import "#server/env.ts";`, rule: "millrace(folders)" },
  {
    file: "components/b.tsx",
    code: `import type { Env } from "#server/env.ts";\nexport type Both = Env;`,
    rule: null,
  },
  { file: "components/c.tsx", code: `import "#drizzle/schema/b.ts";`, rule: "millrace(folders)" },
  { file: "components/d.tsx", code: `import "#app/page.tsx";`, rule: "millrace(folders)" },
  { file: "components/e.tsx", code: `import "#lib/ids.ts";`, rule: null },
  {
    file: "app/page.tsx",
    code: `import "#components/e.tsx";\nexport default function Page() {\n  return null;\n}`,
    rule: null,
  },
  { file: "app/a.tsx", code: `import "postgres";`, rule: "millrace(one-home)" },
  { file: "e2e/a.spec.ts", code: `import "#server/env.ts";`, rule: "millrace(folders)" },
  {
    file: "e2e/b.spec.ts",
    code: `import "node:child_process";\nimport "#lib/ids.ts";`,
    rule: null,
  },
  { file: "bench/a.ts", code: `import "ws";\nimport "#server/env.ts";`, rule: null },
  { file: "lib/camelCase.ts", code: `export const one = 1;`, rule: "unicorn(filename-case)" },
];

interface Report {
  diagnostics: { code: string; filename: string; severity: string }[];
}

const root = path.resolve(import.meta.dirname, "..");
let scratch = "";
let report: Report;

/** Lints all planted files at once with this repository's own configuration. */
beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "millrace-lint-"));
  await mkdir(path.join(scratch, ".ci"));
  await cp(path.join(root, ".oxlintrc.json"), path.join(scratch, ".oxlintrc.json"));
  await cp(path.join(root, ".ci/lint-plugin.mjs"), path.join(scratch, ".ci/lint-plugin.mjs"));
  for (const { file, code } of planted) {
    await mkdir(path.join(scratch, path.dirname(file)), { recursive: true });
    await writeFile(path.join(scratch, file), `${code}\n`);
  }
  report = await lint(scratch);
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

/** oxlint exits with 1 when it finds something, which it must here. */
async function lint(cwd: string): Promise<Report> {
  const command = path.join(root, "node_modules/.bin/oxlint");
  const run = promisify(execFile)(command, ["-f", "json"], { cwd });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Report;
}

describe("the lint configuration", () => {
  test.each(planted.filter(({ rule }) => rule !== null))("refuses $code in $file", (example) => {
    const found = report.diagnostics.filter(({ filename }) => filename === example.file);
    expect(found).toContainEqual(
      expect.objectContaining({ code: example.rule, severity: "error" }),
    );
  });

  test.each(planted.filter(({ rule }) => rule === null))("allows $code in $file", (example) => {
    const found = report.diagnostics.filter(({ filename }) => filename === example.file);
    expect(found).toEqual([]);
  });
});
