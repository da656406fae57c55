import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppError } from "#lib/errors.ts";
import { type GitServer, startGitServer } from "#e2e/support/git-server.ts";
import type { AddressRules } from "#server/workspaces/check-repository-address.ts";
import { fetchObjects } from "./fetch-objects.ts";
import { objectPath } from "./lfs-store.ts";
import type { PointerFile } from "./parse-pointer.ts";
import { createLfsServer, lfsPointer, type LfsServer } from "./testing/lfs-server.ts";

const credential = { username: "x-access-token", token: "tk-0a1b2c3d4e5f" };
let folder: string;
let git: GitServer;
let lfs: LfsServer;
/** Answers for an object in place of the server. */
let answerObject: ((id: string, response: ServerResponse) => void) | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lfs-"));
  lfs = createLfsServer();
  answerObject = null;
  git = await startGitServer({
    root: folder,
    answerBesides: (request, response) => {
      const [, id] = /\/objects\/([0-9a-f]{64})$/.exec(request.url ?? "") ?? [];
      if (!id || answerObject === null) return lfs.answer(request, response);
      answerObject(id, response);
      return Promise.resolve(true);
    },
  });
  git.protect({ username: credential.username, password: credential.token });
});
afterEach(async () => {
  await git.close();
  await rm(folder, { recursive: true });
});

const grain = "grain".repeat(50_000);
const { oid } = lfsPointer(grain);
const storePath = () => join(folder, "store");

interface Fetch {
  /** What the server has. */
  content?: string;
  rules?: Partial<AddressRules>;
  endpoint?: string;
  /** Besides the one. */
  others?: PointerFile[];
  onMissing?(error: AppError): void;
}

async function fetch(options: Fetch = {}): Promise<string> {
  const { content = grain, rules, endpoint, others = [], onMissing } = options;
  lfs.objects.set(oid, Buffer.from(content));
  const url = `${git.url}/ada/mill`;
  let output = "";
  await fetchObjects({
    access: {
      repository: { kind: "http", url, label: "mill", key: url },
      rules: {
        allowedPrivateHosts: [new URL(git.url).host],
        findCredential: () => Promise.resolve(credential),
        signal: new AbortController().signal,
        ...rules,
      },
    },
    endpoint: endpoint ?? `${url}.git/info/lfs`,
    files: [{ oid, size: grain.length, path: "grain.bin" }, ...others],
    storePath: storePath(),
    onOutput: (text) => (output += text),
    ...(onMissing && { onMissing }),
  });
  return output;
}

test("an object comes once, whole, and its progress is told in bytes", async () => {
  expect(await fetch()).toBe(
    "\rGit LFS: 0 of 1, 0 bytes of 250 KB\rGit LFS: 1 of 1, 250 KB of 250 KB\n",
  );
  expect(await readFile(objectPath(storePath(), oid), "utf8")).toBe(grain);
  expect(await fetch()).toBe("1 file was fetched before\n");
  expect(lfs.transfers).toEqual([`download ${oid}`]);
});

test.each(["https://169.254.169.254/latest", "http://localhost:1/x", "file:///etc/passwd"])(
  "an object at %s is not asked for",
  async (href) => {
    lfs.pointTo(href);
    await expect(fetch()).rejects.toThrow(/^File grain\.bin in Git LFS: .* not allowed on this/);
  },
);

test("a redirect to a private address is not followed", async () => {
  git.redirect("/ada/mill.git/info/lfs/objects/batch", "https://10.0.0.1/");
  await expect(fetch()).rejects.toThrow("10.0.0.1, an address that is private");
});

test("where an object's address leads elsewhere, the credential stays behind", async () => {
  const heard: unknown[] = [];
  const other = await startGitServer({
    root: folder,
    answerBesides: ({ headers }, response) => {
      heard.push(headers.authorization);
      response.end(grain);
      return Promise.resolve(true);
    },
  });
  lfs.pointTo(`${git.url}/ada/moved`);
  git.redirect("/ada/moved", `${other.url}/ada/moved`);
  const output = await fetch({ rules: { allowedPrivateHosts: ["127.0.0.1"] } });
  await other.close();
  expect(output).toContain("1 of 1");
  expect(heard).toEqual([undefined]);
});

test("bytes that are not the object's are not taken, and leave nothing", async () => {
  lfs.lieWith(Buffer.from("chaff".repeat(50_000)));
  await expect(fetch()).rejects.toThrow("What came is not the file that was asked for");
  expect(await readdir(storePath())).toEqual(["incoming"]);
  expect(await readdir(join(storePath(), "incoming"))).toEqual([]);
  lfs.lieWith(Buffer.from(`${grain}more`));
  await expect(fetch()).rejects.toThrow("What came is not the file that was asked for");
});

test("a credential that the server does not take is told, and asked for anew", async () => {
  const refused: unknown[] = [];
  const wrong = { ...credential, token: "wrong" };
  const rules = {
    findCredential: () => Promise.resolve(wrong),
    onRefused: (one: unknown) => refused.push(one),
  };
  await expect(fetch({ rules })).rejects.toThrow(/^The Git LFS server at .* refused access$/);
  expect(refused).toEqual([wrong]);
});

test("the credential is not for another owner's place on the same server", async () => {
  const endpoint = `${git.url}/bob/mill.git/info/lfs`;
  await expect(fetch({ endpoint })).rejects.toThrow("refused access");
  expect(await fetch({ endpoint: `${git.url}/ada/other.git/info/lfs` })).toContain("1 of 1");
});

test("a server that knows no Git LFS is told as that", async () => {
  const endpoint = `${git.url}/ada/mill.git/info/none`;
  await expect(fetch({ endpoint })).rejects.toThrow("There is no Git LFS for this repository at");
});

test("only a file that will not be had later either may stay missing", async () => {
  const missing: string[] = [];
  const onMissing = ({ message }: AppError) => missing.push(message);
  const answer = (status: number) => (_id: string, response: ServerResponse) =>
    response.writeHead(status).end();
  answerObject = answer(404);
  await fetch({ onMissing });
  answerObject = answer(403);
  await fetch({ onMissing });
  expect(missing).toEqual([
    expect.stringContaining("no access to it"),
    expect.stringContaining("refused access"),
  ]);
  answerObject = answer(429);
  await expect(fetch({ onMissing })).rejects.toThrow("asks to come back later");
  expect(missing).toHaveLength(2);
});

test("what fails on this machine is no connection that broke off, and nothing to go on from", async () => {
  await mkdir(storePath());
  await writeFile(join(storePath(), "incoming"), "in the way");
  const missing: unknown[] = [];
  const fetching = fetch({ onMissing: (error) => missing.push(error) });
  await expect(fetching).rejects.toMatchObject({ code: "EEXIST" });
  expect(missing).toEqual([]);
});

test("the first file that fails ends the downloads of the others", async () => {
  const bran = { oid: lfsPointer("bran").oid, size: 4, path: "bran.bin" };
  lfs.objects.set(bran.oid, Buffer.from("bran"));
  const both = new Map<string, ServerResponse>();
  answerObject = (id, response) => {
    both.set(id, response);
    if (both.size < 2) return;
    both.get(bran.oid)?.write("br");
    both.get(oid)?.end("no grain");
  };
  await expect(fetch({ others: [bran] })).rejects.toThrow("What came is not the file");
  expect(await readdir(join(storePath(), "incoming"))).toEqual([]);
  await expect.poll(() => both.get(bran.oid)?.destroyed, { timeout: 20_000 }).toBe(true);
});
