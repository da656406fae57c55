import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One commit: what its files hold afterwards. */
interface Commit {
  message: string;
  files: Record<string, string>;
}

const commits: Commit[] = [
  {
    message: "Begin a small server",
    files: {
      "README.md": "# Orchard\n\nA small server that counts apples.\n",
      "src/server.ts": `import { count } from "./count.ts";\n\nexport const answer = () => count(3);\n`,
      "src/count.ts": "export const count = (apples: number) => apples + 1;\n",
    },
  },
  {
    message: "Count pears too",
    files: {
      "src/count.ts": "// TODO: plums\nexport const count = (fruit: number) => fruit + 1;\n",
    },
  },
  {
    message: "Add a script that packs the harvest",
    files: {
      "scripts/pack.py": `print("packed")\n`,
      "docs/harvest.md": "# Harvest\n\nIn autumn.\n",
    },
  },
];

const identity = {
  GIT_AUTHOR_NAME: "Ada Gardener",
  GIT_AUTHOR_EMAIL: "ada@orchard.example",
  GIT_COMMITTER_NAME: "Ada Gardener",
  GIT_COMMITTER_EMAIL: "ada@orchard.example",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

/**
 * Makes the bare repository `<parent>/<name>.git` with three commits on `main`, a branch `feature/plums` with one more,
 * and always the same hashes. Returns its path.
 */
export async function createGitRepository(parent: string, name = "orchard"): Promise<string> {
  const worktree = path.join(parent, `${name}-source`);
  const bare = path.join(parent, `${name}.git`);
  await mkdir(worktree, { recursive: true });

  const git = async (args: string[], second = 0) => {
    const date = `2026-01-02T03:04:${String(second).padStart(2, "0")}Z`;
    const env = {
      ...process.env,
      ...identity,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    };
    await run("git", args, { cwd: worktree, env });
  };
  const commit = async ({ message, files }: Commit, second: number) => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.join(worktree, path.dirname(file)), { recursive: true });
      await writeFile(path.join(worktree, file), text);
    }
    await git(["add", "-A"]);
    await git(["commit", "-qm", message], second);
  };

  await git(["init", "-q", "-b", "main"]);
  for (const [index, one] of commits.entries()) await commit(one, index);
  await git(["switch", "-qc", "feature/plums"]);
  await commit(
    { message: "Count plums", files: { "src/plums.ts": "export const plums = 5;\n" } },
    30,
  );
  await git(["switch", "-q", "main"]);
  await git(["clone", "-q", "--bare", worktree, bare]);
  return bare;
}
