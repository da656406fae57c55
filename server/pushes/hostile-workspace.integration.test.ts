import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { log } from "#server/log.ts";
import { listProcesses } from "#server/sandboxes/process-table.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { TOKEN, usePushHost } from "./testing/use-push-host.ts";

vi.setConfig({ testTimeout: 60_000 });
const host = usePushHost();

/** A program that leaves behind under whose eyes it ran. */
async function writeSpy(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\nenv > ${folder}/ran-${name}\ncat 2>/dev/null\nexit 0\n`);
  await chmod(path, 0o755);
  return path;
}

test("what an agent leaves in its repository does not run with the credential, nor changes where it goes", async () => {
  const sessionId = await host.startIdle();
  const { repositoryPath, homePath } = host.foldersOf(sessionId);
  const spies = join(host.server.dataDir, "spies");
  const git = testGit(repositoryPath);
  const spy = (name: string) => writeSpy(spies, name);
  for (const hook of ["pre-push", "reference-transaction", "post-index-change", "pre-commit"]) {
    await mkdir(join(repositoryPath, ".git/hooks"), { recursive: true });
    await symlink(await spy(hook), join(repositoryPath, ".git/hooks", hook));
  }
  await writeFile(join(repositoryPath, ".gitattributes"), "*.txt filter=evil diff=evil\n");
  const settings = {
    "core.hooksPath": join(repositoryPath, ".git/hooks"),
    "core.fsmonitor": await spy("fsmonitor"),
    "core.sshCommand": await spy("ssh"),
    "core.askPass": await spy("askpass"),
    "core.alternateRefsCommand": await spy("alternate-refs"),
    "core.gitProxy": await spy("git-proxy"),
    "credential.helper": await spy("credential"),
    "uploadpack.packObjectsHook": await spy("pack-objects"),
    "filter.evil.clean": await spy("clean"),
    "diff.evil.textconv": await spy("textconv"),
    "gpg.program": await spy("gpg"),
    "commit.gpgSign": "true",
    "http.proxy": "http://127.0.0.1:9",
    [`url.http://127.0.0.1:9/.insteadOf`]: `${host.git.url}/`,
    [`url.http://127.0.0.1:9/.pushInsteadOf`]: `${host.git.url}/`,
    "remote.origin.url": "http://127.0.0.1:9/app",
    "remote.origin.pushurl": "http://127.0.0.1:9/app",
    "remote.origin.receivepack": await spy("receive-pack"),
  };
  for (const [key, value] of Object.entries(settings)) await git("config", key, value);
  await writeFile(join(homePath, ".gitconfig"), `[core]\n\thooksPath = ${spies}\n`);

  const push = await host.pushed(sessionId);
  expect(push).toMatchObject({ status: "done", failure: null });
  expect(await host.origin.git("rev-parse", push.branch)).toBe(push.commitId);
  // A filter belongs to what the files mean: it runs where the agent runs, and knows what the agent knows.
  expect((await readdir(spies)).filter((name) => name.startsWith("ran-"))).toEqual(["ran-clean"]);
  expect(await readFile(join(spies, "ran-clean"), "utf8")).not.toContain(TOKEN);
});

test("objects from elsewhere, replaced ones and a repository that is a link change nothing but what is sent", async () => {
  const sessionId = await host.startIdle();
  const { repositoryPath, basePath } = host.foldersOf(sessionId);
  const git = testGit(repositoryPath);
  // A commit that stands for another one, which only this repository believes.
  const head = await git("rev-parse", "HEAD");
  await writeFile(join(repositoryPath, "README.md"), "# Replaced\n");
  await git("add", "README.md");
  const other = await git("commit-tree", "-m", "another", await git("write-tree"));
  await git("reset", "-q", "--hard");
  await git("replace", head, other);
  await writeFile(join(repositoryPath, "new.txt"), "new\n");
  // Objects of a folder that the server can read.
  const elsewhere = join(host.server.dataDir, "elsewhere");
  await mkdir(join(elsewhere, "objects"), { recursive: true });
  const alternates = join(repositoryPath, ".git/objects/info/alternates");
  const list = await readFile(alternates, "utf8");
  await writeFile(alternates, `${list}${elsewhere}/objects\n`);
  await rename(join(repositoryPath, ".git"), join(basePath, "moved.git"));
  await symlink(join(basePath, "moved.git"), join(repositoryPath, ".git"));

  const push = await host.pushed(sessionId);
  expect(push).toMatchObject({ status: "done", failure: null });
  expect(await host.origin.git("rev-parse", `${push.branch}^`)).toBe(head);
  expect(await host.origin.git("show", `${push.branch}:README.md`)).toBe("# A mill");
});

test("a repository that is broken fails the push by its files, and the next one can begin", async () => {
  const sessionId = await host.startIdle();
  const { repositoryPath } = host.foldersOf(sessionId);
  await writeFile(join(repositoryPath, ".git/HEAD"), "ref: ../../../etc/passwd\n");
  const broken = await host.pushed(sessionId);
  expect(broken).toMatchObject({ commitId: null, failure: { reason: "files" } });
  expect(await readdir(join(host.server.dataDir, "pushes"))).toEqual([]);
  await writeFile(join(repositoryPath, ".git/HEAD"), "ref: refs/heads/main\n");
  await testGit(repositoryPath)("update-ref", "HEAD", "refs/remotes/origin/main");
  expect(await host.pushed(sessionId)).toMatchObject({ status: "done" });
});

const destination = (log as unknown as Record<symbol, { write(line: string): void }>)[
  pino.symbols.streamSym
];

test("nobody sees the token on the machine, and it is in no row, no file and no log", async () => {
  const sessionId = await host.startIdle();
  const logged = vi.spyOn(destination!, "write");
  // While git sends, the other end looks through all of our files.
  const { dataDir } = host.server;
  const hook = join(host.origin.path, ".git/hooks/pre-receive");
  const look = `#!/bin/sh\ngrep -rlF -e ${TOKEN} ${dataDir} >&2 && exit 1\nls ${dataDir}/pushes/*/home >/dev/null\n`;
  await writeFile(hook, look, { mode: 0o755 });
  host.git.hold();
  await host.push(sessionId);
  const listCommands = async () => {
    const processes = await listProcesses();
    return Promise.all(
      processes.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
  };
  const address = `${host.git.url}/app/.git`;
  await vi.waitFor(
    async () => {
      const commands = await listCommands();
      expect(commands.filter((command) => command.includes(TOKEN))).toEqual([]);
      expect(commands.some((command) => command.includes(address))).toBe(true);
    },
    { timeout: 20_000 },
  );
  host.git.release();
  expect(await host.ended(sessionId)).toMatchObject({ status: "done", failure: null });
  const { sql } = host.server.services.database;
  const rows = await sql`select branch_pushes::text as row from branch_pushes`;
  expect(JSON.stringify(rows)).not.toContain(TOKEN);
  // What is refused is told and logged, too.
  await writeFile(hook, `#!/bin/sh\necho "error: ${TOKEN}" >&2\nexit 1\n`, { mode: 0o755 });
  const refused = await host.pushed(sessionId, { branch: "other" });
  expect(refused.failure).toMatchObject({ reason: "refused" });
  expect(JSON.stringify([refused, logged.mock.calls])).not.toContain(TOKEN);
  logged.mockRestore();
});
