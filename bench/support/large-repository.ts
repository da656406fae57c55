import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Readable, Readable as ReadableStream } from "node:stream";
import { pipeline } from "node:stream/promises";

const FILE_COUNT = 2_000;
const FILE_BYTES = 10_000;
const COMMIT_COUNT = 280;
const FILES_PER_COMMIT = 100;

/**
 * A bare repository of about 300 MB whose work tree has 20 MB in 2,000 files; the rest is history. Made once, then kept
 * in the temporary folder of the system. Answers the folder that holds it and its name.
 */
export async function ensureLargeRepository(): Promise<{ root: string; name: string }> {
  const root = join(tmpdir(), "millrace-bench");
  const name = "large-1.git";
  const path = join(root, name);
  if (existsSync(path)) return { root, name };
  const partialPath = `${path}.${process.pid}`;
  await mkdir(root, { recursive: true });
  try {
    await runGit(["init", "-q", "--bare", "-b", "main", partialPath]);
    await runGit(["-C", partialPath, "fast-import", "--quiet"], ReadableStream.from(history()));
    // What a git host does with a repository that is cloned often.
    await runGit(["-C", partialPath, "repack", "-q", "-a", "-d", "-b", "--window=0"]);
    await rename(partialPath, path);
  } finally {
    await rm(partialPath, { recursive: true, force: true });
  }
  return { root, name };
}

/** The language of git-fast-import(1). Contents are random, so that 300 MB stay 300 MB. */
function* history(): Generator<Buffer> {
  for (let commit = 0; commit <= COMMIT_COUNT; commit += 1) {
    const isFirst = commit === 0;
    const lines = [`commit refs/heads/main`, `committer Bench <bench@localhost> ${commit} +0000`];
    yield Buffer.from(`${lines.join("\n")}\ndata 6\nchange\n`);
    const count = isFirst ? FILE_COUNT : FILES_PER_COMMIT;
    for (let index = 0; index < count; index += 1) {
      const file = isFirst ? index : (commit * FILES_PER_COMMIT + index) % FILE_COUNT;
      yield Buffer.from(
        `M 100644 inline folder-${file % 50}/file-${file}.bin\ndata ${FILE_BYTES}\n`,
      );
      yield randomBytes(FILE_BYTES);
      yield Buffer.from("\n");
    }
  }
}

/** Runs git without this machine's configuration; throws when it fails. */
export async function runGit(args: string[], input?: Readable): Promise<void> {
  const child = spawn("git", args, {
    // A session of its own, as our own git gets: Linux divides a busy processor among sessions first.
    detached: true,
    stdio: [input ? "pipe" : "ignore", "ignore", "inherit"],
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });
  const exited = once(child, "exit");
  if (input && child.stdin) await pipeline(input, child.stdin);
  const [code] = (await exited) as [number | null];
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
}
