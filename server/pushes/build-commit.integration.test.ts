import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  createTestRepository,
  type TestRepository,
} from "#server/workspaces/testing/test-repository.ts";
import { buildCommit } from "./build-commit.ts";

let folder: string;
let repository: TestRepository;
let base: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-build-"));
  repository = await createTestRepository(join(folder, "repository"));
  base = await repository.commit({ "README.md": "# A mill\n" });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Session {
  /** Where its HEAD is, and what its files are. */
  head?: string;
  saved?: string;
  tip: string | null;
  pushed?: string[];
}

const build = ({ head = base, saved = head, tip, pushed = [] }: Session) =>
  buildCommit(
    {
      context: {
        cwd: repository.path,
        homePath: join(folder, "home"),
        sandbox: createProcessSandbox(),
        signal: new AbortController().signal,
        timeoutMs: 20_000,
      },
      branches: new Map(),
    },
    {
      work: {
        git: { headRef: null, headCommit: head, stagedTree: "", savedCommit: saved, refs: [] },
        baseCommit: base,
      },
      tip,
      pushed,
      message: "Work",
      author: { name: "Ada", email: "ada@example.org" },
      seconds: 1_700_000_000,
    },
  );

const reason = (name: string) => ({ code: "conflict", details: { reason: name } });

test("a branch that has more than an unchanged session is not the session's, now or later", async () => {
  const theirs = await repository.commit({ "review.txt": "by a person" });
  await expect(build({ tip: theirs })).rejects.toMatchObject(reason("nothing"));
  await repository.git("checkout", "-q", base);
  const changed = await repository.commit({ "more.txt": "by the agent" });
  await expect(build({ saved: changed, tip: theirs })).rejects.toMatchObject(reason("diverged"));
});

test("commits that a branch has already are not sent again, nor is a branch moved for no work", async () => {
  const head = await repository.commit({ "work.txt": "by the agent" });
  await expect(build({ head, tip: head })).rejects.toMatchObject(reason("nothing"));
  const later = await repository.commit({ "review.txt": "by a person" });
  await expect(build({ head, tip: later })).rejects.toMatchObject(reason("nothing"));
  await expect(build({ tip: null })).rejects.toMatchObject(reason("nothing"));
  await expect(build({ tip: base })).rejects.toMatchObject(reason("nothing"));
  expect(await build({ head, tip: base })).toBe(head);
});

test("what the session has taken back goes from a branch of its own, and a second time nothing does", async () => {
  const pushed = await repository.commit({ "work.txt": "by the agent" });
  const back = await build({ tip: pushed, pushed: [pushed] });
  expect(await repository.git("rev-parse", `${back}^`, `${back}^{tree}`)).toBe(
    await repository.git("rev-parse", pushed, `${base}^{tree}`),
  );
  expect(await build({ tip: back, pushed: [back, pushed] })).toBe(back);
});

/** In no repository, as of a push that did not arrive. */
const NOWHERE = "1".repeat(40);

test("a branch that others went on from has all that was pushed without a commit (#7)", async () => {
  const saved = await repository.commit({ "work.txt": "by the agent" });
  const pushed = await build({ saved, tip: null });
  await repository.git("checkout", "-q", pushed);
  const tip = await repository.commit({ "review.txt": "by a person" });
  const session = { saved, tip, pushed: [NOWHERE, pushed] };
  await expect(build(session)).rejects.toMatchObject(reason("nothing"));
  await expect(build({ ...session, pushed: [NOWHERE] })).rejects.toMatchObject(reason("diverged"));
  // Committed by the agent since: the branch has the files, but not its commit.
  await expect(build({ ...session, head: saved })).rejects.toMatchObject(reason("diverged"));
});

test("what takes back a later push, or what others did, is new to a branch that others went on from (#7)", async () => {
  const saved = await repository.commit({ "work.txt": "by the agent" });
  const first = await build({ saved, tip: null });
  const more = await repository.commit({ "more.txt": "by the agent" });
  const second = await build({ saved: more, tip: first, pushed: [first] });
  await repository.git("checkout", "-q", second);
  const theirs = await repository.commit({ "review.txt": "by a person" });
  const tip = await repository.commit({ "review.txt": "by a person, again" });
  const pushed = [second, first];
  await expect(build({ saved: more, tip, pushed })).rejects.toMatchObject(reason("nothing"));
  await expect(build({ saved, tip, pushed })).rejects.toMatchObject(reason("diverged"));
  const ahead = { head: theirs, saved: more, tip, pushed };
  await expect(build(ahead)).rejects.toMatchObject(reason("diverged"));
});
