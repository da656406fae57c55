import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepGeminiRecords } from "./before-load.ts";

test("each record of one minute is kept under a name of its own", () => {
  const home = mkdtempSync(join(tmpdir(), "before-load-"));
  try {
    const folder = join(home, ".gemini/tmp/project/chats");
    mkdirSync(folder, { recursive: true });
    for (const text of ["first", "second", "third"]) {
      writeFileSync(join(folder, "session-2026-11-20T10-00-abc.jsonl"), text);
      execFileSync("/bin/sh", ["-euc", keepGeminiRecords], { env: { ...process.env, HOME: home } });
    }
    const names = readdirSync(folder).toSorted();
    expect(names).toHaveLength(3);
    for (const name of names) expect(name).toMatch(/^session-kept-.*abc\.jsonl$/);
    const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
    expect(texts.toSorted()).toEqual(["first", "second", "third"]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
