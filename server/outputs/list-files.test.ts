import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listFiles, openListedFile, type WrittenFolder } from "./list-files.ts";

let root: string;
let folder: WrittenFolder;
let other: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "millrace-list-")));
  folder = { basePath: join(root, "own"), within: "repository/outputs" };
  other = join(root, "other");
  for (const [name, text] of [
    ["own", "own"],
    ["other", "secret"],
  ] as const) {
    const path = join(root, name, "repository/outputs/deep");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "key.txt"), text);
  }
});
afterEach(() => rm(root, { recursive: true }));

const PLACES = ["repository", "repository/outputs", "repository/outputs/deep"];
const replaceByLink = async (place: string) => {
  await rename(join(folder.basePath, place), join(root, "moved"));
  await symlink(join(other, place), join(folder.basePath, place));
};
const portsOf = async () => (await listFiles(folder)).files.map(({ port }) => port);

test.each(PLACES)("nothing is found behind a link in place of %s", async (place) => {
  expect(await portsOf()).toEqual(["deep/key.txt"]);
  await replaceByLink(place);
  expect(await portsOf()).toEqual([]);
});

test.each([...PLACES, `${PLACES[2]}/key.txt`])(
  "a listed file does not open once %s is a link",
  async (place) => {
    const { files } = await listFiles(folder);
    await replaceByLink(place);
    expect(await openListedFile(folder, files[0]!)).toBe(null);
    // Nor when it had been listed behind the link.
    const [listedThere] = (await listFiles({ ...folder, basePath: other })).files;
    expect(await openListedFile(folder, listedThere!)).toBe(null);
  },
);

test("a listed file does not open once another has its name", async () => {
  const { files } = await listFiles(folder);
  const path = join(folder.basePath, folder.within, "deep/key.txt");
  await writeFile(join(root, "another"), "another");
  await rename(join(root, "another"), path);
  expect(await openListedFile(folder, files[0]!)).toBe(null);
  const again = await openListedFile(folder, (await listFiles(folder)).files[0]!);
  expect(await again?.readFile("utf8")).toBe("another");
  await again?.close();
});

test("what no output can be called is counted apart, and a look that ended early says so", async () => {
  const path = join(folder.basePath, folder.within);
  await writeFile(join(path, "a\nb"), "x");
  expect((await listFiles(folder)).unnameable).toEqual(["a\nb"]);
  expect((await listFiles(folder)).isCut).toBe(false);
  expect(await listFiles(folder, { signal: AbortSignal.abort() })).toMatchObject({ isCut: true });
  await mkdir(join(path, Array.from({ length: 20 }, () => "d").join("/")), { recursive: true });
  expect((await listFiles(folder)).isCut).toBe(true);
});
