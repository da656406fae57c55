import { expect, test } from "vitest";
import { parseCsv } from "#lib/csv.ts";
import { guessColumns } from "./columns.ts";
import {
  checkFields,
  lineOf,
  listPrompts,
  listRepositories,
  noFields,
  type RowRules,
  rowsOfProduct,
  rowsOfTable,
  sharedDefaults,
  valuesOf,
} from "./start-rows.ts";

const rules: RowRules = { defaults: noFields, agentIds: ["builtin"], allowsLocalPaths: false };

test("columns are found by their headings, however these are written", () => {
  expect(guessColumns(["Repo", "Base branch", "PROMPT", "note", "Profile"])).toEqual({
    repository: 0,
    branch: 1,
    prompt: 2,
    agent: null,
    profile: 4,
  });
  expect(guessColumns(["url", "repository"])).toMatchObject({ repository: 1, prompt: null });
  expect(Object.values(guessColumns([]))).toEqual(Array(5).fill(null));
});

test("each row is a line that says only what the batch does not", () => {
  const table = parseCsv("prompt,repo,branch\nFix it,a/b,\n,c/d,next\n");
  const columns = guessColumns(table.header);
  const defaults = { ...noFields, prompt: "Do the usual", agent: "builtin" };
  const rows = rowsOfTable(table, columns, { ...rules, defaults });
  expect(rows.map((row, index) => lineOf(row, index, defaults))).toEqual([
    '{"index":0,"prompt":"Fix it","repository":"a/b"}',
    '{"index":1,"repository":"c/d","branch":"next"}',
  ]);
  expect(rows.map(({ problem }) => problem)).toEqual([null, null]);
});

test("a prompt that all rows have is the batch's", () => {
  const rows = rowsOfProduct(["x"], ["a/b", "c/d"], rules);
  const defaults = sharedDefaults(rows, noFields);
  expect(defaults.prompt).toBe("x");
  expect(rows.map((row, index) => lineOf(row, index, defaults))).toEqual([
    '{"index":0,"repository":"a/b"}',
    '{"index":1,"repository":"c/d"}',
  ]);
  expect(sharedDefaults(rowsOfProduct(["x", "y"], ["a/b"], rules), noFields).prompt).toBe("");
});

test("a row is refused in words, with its line in the file", () => {
  const table = parseCsv(
    "prompt,repo,branch,agent\n,a/b,,\nx,,,\nx,nonsense,,\nx,a/b,a..b,\nx,a/b,,nobody\nx,a/b\nx,a/b,,\n",
  );
  const rows = rowsOfTable(table, guessColumns(table.header), rules);
  expect(rows.map(({ line, problem }) => [line, problem])).toEqual([
    [2, "The prompt is missing"],
    [3, "The repository is missing"],
    [4, "Write a repository as https://… or as owner/name for GitHub"],
    [5, expect.stringContaining("branch")],
    [6, "There is no agent “nobody”"],
    [7, "It has 2 fields, the header has 4"],
    [8, null],
  ]);
});

test("hosts that a configuration may allow are left to the server, paths are not", () => {
  const check = (repository: string, allowsLocalPaths = false) =>
    checkFields({ ...noFields, prompt: "x", repository }, { ...rules, allowsLocalPaths });
  expect(check("http://127.0.0.1:3000/a.git")).toBeNull();
  expect(check("https://user:secret@host/a")).toContain("password");
  expect(check("/srv/a")).not.toBeNull();
  expect(check("/srv/a", true)).toBeNull();
});

test("lists are read in lines, prompts between lines of dashes", () => {
  expect(listRepositories(" a/b \n\nc/d\na/b\n")).toEqual(["a/b", "c/d"]);
  expect(listPrompts("One\nand more\n---\n\n  ----  \nTwo - dashes --- inside\n---")).toEqual([
    "One\nand more",
    "Two - dashes --- inside",
  ]);
  expect(listPrompts("  \n---\n")).toEqual([]);
});

test("every prompt meets every repository", () => {
  const rows = rowsOfProduct(["x", "y"], ["a/b", "c/d"], rules);
  expect(rows.map(({ fields }) => `${fields.prompt} ${fields.repository}`)).toEqual([
    "x a/b",
    "x c/d",
    "y a/b",
    "y c/d",
  ]);
  const table = parseCsv("prompt,repo\nx,a/b\ny,\n,c/d\nx,a/b\n");
  expect([valuesOf(table, 0), valuesOf(table, 1), valuesOf(table, null)]).toEqual([
    ["x", "y"],
    ["a/b", "c/d"],
    [],
  ]);
});
