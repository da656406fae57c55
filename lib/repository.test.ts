import { describe, expect, test } from "vitest";
import { isAppError } from "./errors.ts";
import { parseBranch, parseRepository, type RepositoryRules } from "./repository.ts";

const remoteOnly: RepositoryRules = { allowLocalPaths: false };
const local: RepositoryRules = { allowLocalPaths: true, allowedPrivateHosts: ["127.0.0.1:8080"] };

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isAppError(error) && error.code === "invalid_input") return error.message;
    throw error;
  }
  return "accepted";
}

describe("parseRepository accepts", () => {
  test("owner/name as a GitHub repository", () => {
    expect(parseRepository(" Acme/Web.App ", remoteOnly)).toEqual({
      kind: "https",
      url: "https://github.com/Acme/Web.App",
      label: "Acme/Web.App",
      key: "https://github.com/acme/web.app",
    });
  });

  test("every spelling of one repository under one key", () => {
    const spellings = [
      "acme/web",
      "acme/web.git",
      "https://github.com/acme/web",
      "https://github.com/acme/web.git",
      "https://GitHub.com:443/Acme/web/",
    ];
    const keys = spellings.map((text) => parseRepository(text, remoteOnly).key);
    expect(new Set(keys)).toEqual(new Set(["https://github.com/acme/web"]));
  });

  test("https addresses of other hosts, whose paths tell upper and lower case apart", () => {
    expect(parseRepository("https://Git.Example.org:8443/Group/sub/App.git", remoteOnly)).toEqual({
      kind: "https",
      url: "https://git.example.org:8443/Group/sub/App.git",
      label: "git.example.org:8443/Group/sub/App",
      key: "https://git.example.org:8443/Group/sub/App",
    });
  });

  test("an @ behind the host", () => {
    expect(parseRepository("https://example.org/@team/app", remoteOnly).url).toBe(
      "https://example.org/@team/app",
    );
  });

  test("plain http and private addresses of hosts that are allowed", () => {
    expect(parseRepository("http://127.0.0.1:8080/app.git", local)).toMatchObject({
      kind: "http",
      label: "127.0.0.1:8080/app",
    });
    const anyPort = { allowLocalPaths: false, allowedPrivateHosts: ["git.intern", "::1"] };
    expect(parseRepository("http://Git.Intern/app", anyPort).kind).toBe("http");
    expect(parseRepository("https://git.intern:444/app", anyPort).kind).toBe("https");
    expect(parseRepository("http://[::1]:99/app", anyPort).kind).toBe("http");
  });

  test("paths and file:// where allowed, in one spelling", () => {
    const expected = { kind: "path", url: "/home/é/app", label: "/home/é/app" };
    expect(parseRepository("/home//é/./app/", local)).toMatchObject(expected);
    expect(parseRepository("file:///home/%C3%A9/app", local)).toMatchObject(expected);
    expect(parseRepository("file://localhost/home/é/app", local).key).toBe("file:///home/é/app");
  });
});

describe("parseRepository refuses", () => {
  test.each([
    ["", "Name a repository"],
    ["   ", "Name a repository"],
    ["a/".repeat(1_100), "longer than"],
    ["acme/web\nrm", "one line"],
    ["acme/web\0", "one line"],
    ["https://example.org/a\r\nHost: b", "one line"],
    ["--upload-pack=id", "dash"],
    ["-u id", "dash"],
    ["ext::sh -c id", "Transport helpers"],
    ["EXT::sh", "Transport helpers"],
    ["fd::17", "Transport helpers"],
    ["https::https://example.org/a", "Transport helpers"],
    ["ssh://git@example.org/a/b", "Only https://"],
    ["git://example.org/a/b", "Only https://"],
    ["git@example.org:a/b", "Only https://"],
    ["example.org:a/b", "Only https://"],
    ["javascript:alert(1)", "Only https://"],
    ["https:example.org/a", "Only https://"],
    ["https://example.org/a?b=c", "? or #"],
    ["https://example.org/a#b", "? or #"],
    ["https://example.org\\@evil.org/a", "backslash"],
    ["https:///example.org/a", "not a valid address"],
    ["https://:443/a", "not a valid address"],
    ["https://exa mple.org/a", "not allowed"],
    ["https://example.org:99999/a", "not a valid address"],
    ["https://①②⑦.⓪.⓪.①/a", "not allowed"],
    ["https://gıthub.com/a/b", "not allowed"],
    ["https://example.org/a%0Ab", "not allowed"],
    ["https://example.org/a --upload-pack=id", "not allowed"],
    ["https://example.org./a", "dot"],
    ["https://example.org", "no repository"],
    ["https://example.org//", "no repository"],
    ["https://github.com/acme/web/tree/main", "paste the repository's own"],
    ["https://github.com/acme/web/pull/7/files", "paste the repository's own"],
    ["https://gitlab.com/group/sub/app/-/tree/main", "paste the repository's own"],
    ["http://example.org/a", "Use https://"],
    ["http://127.0.0.1:8081/a", "Use https://"],
    ["https://127.0.0.1/a", "private"],
    ["https://2130706433/a", "private"],
    ["https://0x7f.1/a", "private"],
    ["https://[::1]/a", "private"],
    ["https://[::ffff:10.0.0.1]/a", "private"],
    ["https://169.254.169.254/latest/meta-data", "private"],
    ["https://localhost/a", "private"],
    ["https://api.localhost/a", "private"],
    ["acme", "owner/name"],
    ["acme/web/deep", "owner/name"],
    ["acme/..", "owner/name"],
    ["acme/.git", "owner/name"],
    ["-acme/web", "dash"],
    ["../web", "owner/name"],
    ["~/web", "owner/name"],
    ["/home/app", "Folders of this machine"],
    ["file:///home/app", "Folders of this machine"],
  ])("%j", (text, message) => {
    expect(messageOf(() => parseRepository(text, remoteOnly))).toContain(message);
  });

  test.each([
    ["/", "Name a folder"],
    ["/home/../etc", ".."],
    ["/home/a\ud83d", "broken Unicode"],
    ["file://server/share", "absolute path"],
    ["file:///home/%2e%2e/etc", ".."],
    ["file:///home/%0a", "not a valid"],
    ["file:///home/%zz", "not a valid"],
  ])("%j also where paths are allowed", (text, message) => {
    expect(messageOf(() => parseRepository(text, local))).toContain(message);
  });

  test.each([
    "https://me:hunter2@example.org/a",
    "https://hunter2@github.com/acme/web",
    "https://@hunter2/a",
    "https://example.org:hunter2@/a",
    "ssh://me:hunter2@example.org/a",
    "me:hunter2@example.org:a/b",
    "https://example.org/a?token=hunter2",
  ])("credentials without repeating them: %s", (text) => {
    const message = messageOf(() => parseRepository(text, local));
    expect(message).not.toBe("accepted");
    expect(message).not.toContain("hunter2");
  });
});

describe("parseBranch", () => {
  test.each(["main", "feature/x-1", "v1.2", "ünïcode", "a@b", "$(id)", "release/2024.lock.d"])(
    "accepts %s",
    (name) => expect(parseBranch(name)).toBe(name),
  );

  test.each([
    "",
    " ",
    "-x",
    "--upload-pack=id",
    "/a",
    "a/",
    "a//b",
    "a..b",
    ".a",
    "a/.b",
    "a.lock",
    "a.lock/b",
    "a.",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\\b",
    "a@{1}",
    "@",
    "HEAD",
    "a\nb",
    "a\u0000",
    "\ud800",
    "x".repeat(256),
  ])("refuses %j", (name) => {
    expect(messageOf(() => parseBranch(name))).not.toBe("accepted");
  });
});
