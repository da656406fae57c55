import { expect, test } from "vitest";
import { parseRepository } from "#lib/repository.ts";
import { compareLink } from "./compare-link.ts";

const rules = { allowLocalPaths: true, allowedPrivateHosts: ["git.example:8443"] };
const linkOf = (repository: string, output = "", branch = "millrace/fix-ab12") =>
  compareLink({
    repository: parseRepository(repository, rules),
    branch,
    baseBranch: "main",
    output,
  });

test.each([
  ["ada/mill", "https://github.com/ada/mill/compare/main...millrace%2Ffix-ab12?expand=1"],
  [
    "https://gitlab.com/ada/mill.git",
    "https://gitlab.com/ada/mill/-/merge_requests/new?merge_request%5Bsource_branch%5D=millrace%2Ffix-ab12",
  ],
  [
    "https://bitbucket.org/ada/mill",
    "https://bitbucket.org/ada/mill/pull-requests/new?source=millrace%2Ffix-ab12",
  ],
  [
    "https://codeberg.org/ada/mill",
    "https://codeberg.org/ada/mill/compare/main...millrace%2Ffix-ab12",
  ],
])("the page that proposes a branch of %s", (repository, link) => {
  expect(linkOf(repository)).toBe(link);
});

test("another server says its page itself, and names no other server", () => {
  const said = (address: string) =>
    linkOf(
      "https://git.example:8443/ada/mill",
      `remote: \nremote: Create a new pull request:\nremote:   ${address}\n`,
    );
  const page = "https://git.example:8443/ada/mill/compare/main...fix";
  expect(said(page)).toBe(page);
  expect(said("https://evil.example/ada/mill/compare/main...fix")).toBeNull();
  expect(said("https://ada:secret@git.example:8443/compare")).toBeNull();
  expect(said("javascript:alert(1)")).toBeNull();
});

test("a branch is not compared with itself, and a folder has no page", () => {
  expect(linkOf("ada/mill", "", "main")).toBeNull();
  expect(linkOf("/srv/mill", "remote: https://git.example/compare")).toBeNull();
});
