import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitServer, type GitServer } from "#e2e/support/git-server.ts";
import type { AddressRules, ResolveHost } from "./check-repository-address.ts";
import { withCheckedRemote } from "./checked-remote.ts";
import { runGit } from "./run-git.ts";
import { startTestHost, type TestHost } from "./testing/test-repository.ts";

let host: TestHost;
let internal: GitServer;

beforeEach(async () => {
  host = await startTestHost();
  await host.origin.commit({ "a.txt": "a" });
  internal = await startGitServer({ root: host.folder });
});
afterEach(async () => {
  await internal.close();
  await host.close();
});

const listBranches = (url: string, rules: Partial<AddressRules> = {}) =>
  withCheckedRemote({ kind: "http", url }, { ...host.context, ...rules }, (remote) =>
    runGit({
      ...host.context,
      remote,
      cwd: host.folder,
      homePath: `${host.folder}/home`,
      args: ["ls-remote", "--", remote.url],
    }),
  );

describe("redirects", () => {
  test("inside what is allowed lead to the repository's new address", async () => {
    host.server.redirect("/old/", `${host.server.url}/newer/`);
    host.server.redirect("/newer/", "/app/");
    expect(await listBranches(`${host.server.url}/old/.git`)).toContain("refs/heads/main");
  });

  test("to a private address are refused, and nobody is asked there", async () => {
    host.server.redirect("/old", `${internal.url}/served/app`);
    await expect(listBranches(`${host.server.url}/old/.git`)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("does not use https"),
    });
    host.server.redirect("/old", internal.url.replace("http:", "https:"));
    await expect(listBranches(`${host.server.url}/old/.git`)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("private or local"),
    });
    expect(internal.requests).toEqual([]);
  });

  test.each([
    ["in a circle", "/old"],
    ["to another kind of address", "/elsewhere?x="],
    ["with credentials", "http://me:secret@127.0.0.1/app"],
    ["to another protocol", "file:///etc"],
  ])("%s are refused", async (_name, target) => {
    host.server.redirect("/old", target);
    await expect(listBranches(`${host.server.url}/old/.git`)).rejects.toMatchObject({
      code: "invalid_input",
    });
  });
});

describe("a name whose answer changes", () => {
  test("is used as it was checked", async () => {
    const answers = [["127.0.0.1"], ["192.0.2.1"]];
    const resolveHost: ResolveHost = () => Promise.resolve(answers.shift() ?? []);
    const port = new URL(host.server.url).port;
    const url = `http://git.millrace.invalid:${port}/app/.git`;
    const rules = { resolveHost, allowedPrivateHosts: ["git.millrace.invalid"] };
    expect(await listBranches(url, rules)).toContain("refs/heads/main");
    expect(answers).toHaveLength(1);
  });
});
