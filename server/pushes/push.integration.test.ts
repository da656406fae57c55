import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { removeGitCredential } from "#server/profiles/git-credentials.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { usePushHost } from "./testing/use-push-host.ts";

// A clone, an agent, and some pushes.
vi.setConfig({ testTimeout: 60_000 });
const host = usePushHost();

const filesOf = (branch: string) =>
  host.origin.git("ls-tree", "-r", "--name-only", branch).then((text) => text.split("\n"));

test("commits of the agent and what it did not commit arrive on the session's branch", async () => {
  const settings = { author: { name: "Ada", email: "ada@example.org" } };
  await createProfile(
    host.server.services,
    owner,
    newProfile.parse({ name: "Web", isDefault: true, settings }),
  );
  const sessionId = await host.startIdle();
  const { repositoryPath } = host.foldersOf(sessionId);
  const workspace = testGit(repositoryPath);
  await writeFile(join(repositoryPath, "committed.txt"), "1\n");
  await workspace("add", "committed.txt");
  await workspace("commit", "-qm", "By the agent");
  const before = await workspace("rev-parse", "HEAD");

  const push = await host.pushed(sessionId, { message: "What was left\n\nAll of it" });
  expect(push).toMatchObject({ status: "done", failure: null });
  const { branch } = push;
  expect(branch).toMatch(/^millrace\/write-by-agent-txt-/);
  expect(await host.origin.git("rev-parse", branch)).toBe(push.commitId);
  expect(await filesOf(branch)).toEqual(["README.md", "by-agent.txt", "committed.txt"]);
  const log = await host.origin.git("log", "--format=%s|%an <%ae>", "-2", branch);
  expect(log.split("\n")[0]).toBe("What was left|Ada <ada@example.org>");
  expect(await host.origin.git("rev-parse", `${branch}^`)).toBe(before);
  // The work tree is the agent's.
  expect(await workspace("status", "--porcelain")).toBe("?? by-agent.txt");
  expect(await readdir(join(host.server.dataDir, "pushes"))).toEqual([]);
});

test("a later push goes on from the one before, whatever the agent commits meanwhile", async () => {
  const sessionId = await host.startIdle();
  const { repositoryPath } = host.foldersOf(sessionId);
  const first = await host.pushed(sessionId);
  expect((await host.pushed(sessionId)).commitId).toBe(first.commitId);

  await writeFile(join(repositoryPath, "second.txt"), "2\n");
  const second = await host.pushed(sessionId);
  const { branch } = second;
  expect(await host.origin.git("rev-parse", `${branch}^`)).toBe(first.commitId);

  const workspace = testGit(repositoryPath);
  await workspace("add", "-A");
  await workspace("commit", "-qm", "By the agent");
  const third = await host.pushed(sessionId);
  expect(third).toMatchObject({ status: "done", failure: null });
  expect(await host.origin.git("rev-parse", `${branch}^1`, `${branch}^2`)).toBe(
    [second.commitId, await workspace("rev-parse", "HEAD")].join("\n"),
  );
  expect(await filesOf(branch)).toEqual(["README.md", "by-agent.txt", "second.txt"]);
});

test("a branch with commits of others is left alone, and another name is offered", async () => {
  const sessionId = await host.startIdle();
  const { branch } = await host.pushed(sessionId);
  await host.origin.git("checkout", "-q", branch);
  const theirs = await host.origin.commit({ "review.txt": "by a person" });
  await host.origin.git("checkout", "-q", "main");
  await host.origin.git("branch", `${branch}-2`);
  await writeFile(join(host.foldersOf(sessionId).repositoryPath, "more.txt"), "more");

  const push = await host.pushed(sessionId);
  expect(push.failure).toMatchObject({ reason: "diverged", freeBranch: `${branch}-3` });
  expect(await host.origin.git("rev-parse", branch)).toBe(theirs);
  const other = await host.pushed(sessionId, { branch: `${branch}-3` });
  expect(other.status).toBe("done");
});

test("a branch that others went on from has what was pushed without a commit, but nothing newer (#7)", async () => {
  const sessionId = await host.startIdle();
  const { branch } = await host.pushed(sessionId);
  await host.origin.git("checkout", "-q", branch);
  const theirs = await host.origin.commit({ "review.txt": "by a person" });
  await host.origin.git("checkout", "-q", "main");

  expect((await host.pushed(sessionId)).failure).toMatchObject({ reason: "nothing" });
  await writeFile(join(host.foldersOf(sessionId).repositoryPath, "more.txt"), "more");
  expect((await host.pushed(sessionId)).failure).toMatchObject({ reason: "diverged" });
  expect(await host.origin.git("rev-parse", branch)).toBe(theirs);
});

test("what the git server's rules refuse is told in its words", async () => {
  const sessionId = await host.startIdle();
  const hook = join(host.origin.path, ".git/hooks/pre-receive");
  await writeFile(hook, "#!/bin/sh\necho 'error: GH006: Protected branch' >&2\nexit 1\n", {
    mode: 0o755,
  });
  const { failure } = await host.pushed(sessionId, { branch: "release" });
  expect(failure).toEqual({
    reason: "refused",
    message:
      "The git server refused the branch: GH006: Protected branch; pre-receive hook declined",
    freeBranch: "release-2",
  });
});

test("nothing to push, no credential, one that is refused, and no such branch are told apart", async () => {
  const sessionId = await host.startIdle("@say nothing to do");
  expect((await host.pushed(sessionId)).failure).toMatchObject({ reason: "nothing" });
  await writeFile(join(host.foldersOf(sessionId).repositoryPath, "new.txt"), "new");
  await expect(host.push(sessionId, { branch: "a..b" })).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "branch" },
  });
  host.git.protect({ username: "x-access-token", password: "another one" });
  const { failure } = await host.pushed(sessionId);
  expect(failure).toMatchObject({ reason: "no_access" });
  await removeGitCredential(host.server.services, owner, new URL(host.git.url).host);
  await expect(host.push(sessionId)).rejects.toMatchObject({
    code: "forbidden",
    details: { reason: "no_credential" },
  });
});

test("a folder of this machine gets the branch, and its own hooks do not run", async () => {
  const { server, origin } = host;
  const ran = join(server.dataDir, "hook-ran");
  for (const hook of ["pre-receive", "post-receive", "update"])
    await writeFile(join(origin.path, ".git/hooks", hook), `#!/bin/sh\ntouch ${ran}\n`, {
      mode: 0o755,
    });
  const sessionId = await server.start({
    repository: origin.path,
    prompt: "@write by-agent.txt",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
  });
  await server.until(sessionId, ({ status }) => status === "idle");
  const push = await host.pushed(sessionId);
  expect(push).toMatchObject({ status: "done", link: null });
  expect(await origin.git("rev-parse", push.branch)).toBe(push.commitId);
  expect(await readdir(server.dataDir)).not.toContain("hook-ran");
  const main = await host.pushed(sessionId, { branch: "main" });
  expect(main.failure).toMatchObject({ reason: "refused", freeBranch: "main-2" });
});
