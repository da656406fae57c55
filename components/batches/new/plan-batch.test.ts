import { expect, test } from "vitest";
import { readChosen } from "./chosen-source.ts";
import { planBatch, sourceOf } from "./plan-batch.ts";
import { noFields, type RowRules } from "./start-rows.ts";

const rules: RowRules = {
  defaults: { ...noFields, agent: "builtin" },
  agentIds: ["builtin"],
  allowsLocalPaths: false,
};
const noLists = { prompts: "", repositories: "" };
const file = (name: string, text: string) => new File([text], name);
const choose = (name: string, text: string) => readChosen([file(name, text)]);

async function sent(source: Awaited<ReturnType<typeof sourceOf>>["source"]) {
  const texts = source.lines.map((line) => line.file.slice(line.start, line.end).text());
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as unknown);
}

test("rows of a table that are right are sent, others are left out and counted", async () => {
  const chosen = await choose("starts.csv", "prompt,repository\nx,a/b\n,c/d\ny,e/f\n");
  const plan = planBatch(chosen, noLists, rules);
  expect(plan).toMatchObject({ kind: "start", count: 2, problemCount: 1, leavesOut: true });
  const { source, memory, defaults } = await sourceOf(chosen, plan, rules.defaults);
  expect(await sent(source)).toEqual([
    { index: 0, prompt: "x", repository: "a/b" },
    { index: 1, prompt: "y", repository: "e/f" },
  ]);
  expect([source.expectedCount, memory.kind, defaults]).toEqual([2, "lines", { agent: "builtin" }]);
});

test("a table may mean every prompt with every repository", async () => {
  const chosen = await choose("starts.csv", "prompt,repository\nx,a/b\ny,c/d\n,e/f\n");
  if (chosen.kind !== "table") throw new Error(chosen.kind);
  expect(planBatch({ ...chosen, isProduct: true }, noLists, rules).count).toBe(6);
});

test("lists are every prompt with every repository, and one prompt is said once", async () => {
  const lists = { prompts: "Fix it", repositories: "a/b\nc/d" };
  const plan = planBatch(null, lists, rules);
  expect(plan.count).toBe(2);
  const { source, defaults } = await sourceOf(null, plan, rules.defaults);
  expect(await sent(source)).toEqual([
    { index: 0, repository: "a/b" },
    { index: 1, repository: "c/d" },
  ]);
  expect(defaults).toEqual({ prompt: "Fix it", agent: "builtin" });
  const many = Array.from({ length: 300 }, (_, n) => `a/r${n}`).join("\n");
  const prompts = Array.from({ length: 300 }, (_, n) => `p${n}`).join("\n---\n");
  const tooMany = planBatch(null, { prompts, repositories: many }, rules);
  expect(tooMany).toMatchObject({ count: 0, obstacle: expect.stringContaining("90,000") });
});

test("lines to import say which session they hold; those that hold none are named, and not counted", async () => {
  const lines = [
    '{"session":{"title":"Pears"},"data":[]}',
    '{"note":1}',
    "rubbish",
    '{"info":{"id":"ses_9"},"messages":[]}',
    '{"data":[]}',
  ];
  const text = lines.join("\n");
  const plan = planBatch(await choose("imports.ndjson", text), noLists, rules);
  expect(plan).toMatchObject({ kind: "import", count: 3, problemCount: 2, leavesOut: false });
  expect(plan.imports).toMatchObject([
    { line: 1, name: "Pears", bytes: 39, problem: null },
    { line: 2, name: null, problem: "It has neither data, nor messages, nor an upload" },
    { line: 3, problem: "It is not a JSON object" },
    { line: 4, name: "ses_9", problem: null },
    { line: 5, name: null, problem: null },
  ]);
});

test("lines of starts go as they are, with what the server will say of them", async () => {
  const text = '{"prompt":"x","repository":"a/b"}\nrubbish\n{"repository":"c/d"}\n';
  const plan = planBatch(await choose("starts.ndjson", text), noLists, rules);
  expect(plan).toMatchObject({ kind: "start", count: 1, problemCount: 2, leavesOut: false });
  expect(plan.rows.map(({ line, problem }) => [line, problem])).toEqual([
    [1, null],
    [2, "It is not a JSON object"],
    [3, "The prompt is missing"],
  ]);
});

test("files are told apart by what is in them", async () => {
  const kinds = async (name: string, text: string) => {
    const chosen = await choose(name, text);
    return chosen.kind === "lines" ? chosen.batchKind : chosen.kind;
  };
  expect(await kinds("a.ndjson", '{"prompt":"x"}\n')).toBe("start");
  expect(await kinds("a.json", '{"data":[]}\n{"data":[]}\n')).toBe("import");
  expect(await kinds("a.jsonl", '{"index":0,"messages":[],"info":{}}\n')).toBe("import");
  expect(await kinds("a.json", '{"data":[]}')).toBe("files");
  expect(await kinds("a.jsonl", '{"type":"message","data":{}}\n{"type":"part","data":{}}')).toBe(
    "files",
  );
  expect(await kinds("a.tsv", "prompt\trepository\nx\ta/b\n")).toBe("table");
  await expect(choose("a.csv", "prompt,repository\n")).rejects.toThrow("no row below it");
  await expect(choose("a.csv", "")).rejects.toThrow("empty");
});

test("files keep the order of their names, and those that are no sessions stay here", async () => {
  const chosen = await readChosen([
    file("10.json", '{"data":[]}'),
    file("2.json", '{"data":['),
    file("1.txt", "hello"),
  ]);
  const plan = planBatch(chosen, noLists, rules);
  expect(plan).toMatchObject({ kind: "import", count: 2, problemCount: 1, obstacle: null });
  const { source, memory } = await sourceOf(chosen, plan, rules.defaults);
  expect(source.lines.map(({ name, index }) => [name, index])).toEqual([
    ["2.json", 0],
    ["10.json", 1],
  ]);
  expect(memory).toMatchObject({ kind: "files", files: [{ index: 0 }, { index: 1 }] });
});

test("transcripts of other programs are files to import, also one that is a single object", async () => {
  const id = "0b8f0c1e-3f0a-4e57-9d3e-8f1f6f0e2b11";
  const chosen = await readChosen([
    file("1.jsonl", `{"type":"user","sessionId":"${id}","message":{}}\n{"type":"assistant"}`),
    file("2.jsonl", `{"type":"session_meta","payload":{"id":"${id}"}}\n{"type":"event_msg"}`),
    file("3.json", `{"sessionId":"${id}","projectHash":"ff","messages":[]}`),
  ]);
  expect(planBatch(chosen, noLists, rules)).toMatchObject({ count: 3, problemCount: 0 });
  const looks = chosen.kind === "files" ? chosen.seen.map(({ look }) => look) : [];
  expect(looks).toEqual([{ way: "file" }, { way: "file" }, { way: "file" }]);
});

test("lines are looked at as the server will: indexes that are none, that come twice, bytes that are no text", async () => {
  const bad = ["-1", '"3"', "1.5", "null", "1000000"];
  const lines = [
    '{"index":0,"data":[]}',
    ...bad.map((index) => `{"index":${index},"data":[]}`),
    '{"index":0,"data":[],"note":"again"}',
    '{"index":1,"data":[1}',
    '{"index":1,"data":[]}',
  ];
  const last = Uint8Array.from([...Buffer.from('{"index":2,"data":[],"note":"'), 0xff, 0x22, 0x7d]);
  const chosen = await readChosen([new File([`${lines.join("\n")}\n`, last], "bad.ndjson")]);
  const plan = planBatch(chosen, noLists, rules);
  expect(plan).toMatchObject({ kind: "import", count: 2, problemCount: 8 });
  expect(plan.imports.map(({ problem }) => problem)).toEqual([
    null,
    ...Array.from({ length: 4 }, () => "The index is not a whole number from 0 on, or too large"),
    "The index is not below 1000000",
    "An earlier line has the index 0, and counts",
    "It is not a JSON object",
    null,
    "It is not UTF-8",
  ]);
});

test("lines with a problem are counted, also behind those that are shown", async () => {
  const text = `{"data":[]}\n${"1\n".repeat(60_001)}`;
  const plan = planBatch(await choose("many.ndjson", text), noLists, rules);
  expect(plan).toMatchObject({ count: 1, problemCount: 60_001 });
}, 30_000);
