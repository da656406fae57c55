import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchOpenCode } from "#e2e/support/fetch-opencode.ts";
import { startModelServer } from "#e2e/support/model-server.ts";
import { openCodeEnvironment } from "#e2e/support/opencode-environment.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { useExportTest } from "./testing/use-export-test.ts";

const { harness, read } = useExportTest();
const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 120_000;
let binary: string;
let folder: string;

beforeAll(async () => {
  binary = await fetchOpenCode();
  folder = await mkdtemp(join(tmpdir(), "millrace-opencode-import-"));
  await mkdir(join(folder, "workspace"));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Snapshot {
  info: { id: string };
  messages: { info: { id: string }; parts: { id: string; messageID: string }[] }[];
}

/** An OpenCode that knows nothing yet but what an earlier call with the same home did. */
async function openCode(home: string, args: string[], modelUrl = "http://127.0.0.1:9") {
  const running = run(binary, args, {
    timeout: COMMAND_TIMEOUT_MS,
    cwd: join(folder, "workspace"),
    maxBuffer: 64 * 1024 * 1024,
    env: {
      NODE_ENV: "production",
      PATH: process.env["PATH"],
      HOME: join(folder, home),
      XDG_DATA_HOME: join(folder, home, "data"),
      ...openCodeEnvironment(modelUrl),
    },
  });
  // It reads what it is given there before it begins.
  running.child.stdin?.end();
  return (await running).stdout;
}

const exportFrom = async (home: string, sessionId: string) => {
  const text = await openCode(home, ["export", sessionId]);
  return JSON.parse(text.slice(text.indexOf("{"))) as Snapshot;
};

const itemsOf = ({ info, messages }: Snapshot): ItemInput[] => [
  { type: "session", messageId: "", partId: "", body: JSON.stringify(info) },
  ...messages.flatMap(({ info: message, parts }) => [
    { type: "message", messageId: message.id, partId: "", body: JSON.stringify(message) },
    ...parts.map((part) => ({
      type: "part",
      messageId: part.messageID,
      partId: part.id,
      body: JSON.stringify(part),
    })),
  ]),
];

test("OpenCode imports an export of its own session, and has what it had", async () => {
  const model = await startModelServer({
    script: [
      {
        text: "I look.",
        toolCalls: [{ name: "bash", arguments: { command: "echo pears", description: "Look" } }],
      },
      { text: "There are pears." },
    ],
  });
  try {
    await openCode("first", ["run", "What is there?"], model.url);
  } finally {
    await model.close();
  }
  const list = await openCode("first", ["session", "list", "--format", "json"]);
  const [{ id }] = JSON.parse(list) as [{ id: string }];
  const original = await exportFrom("first", id);
  expect(original.messages.length).toBeGreaterThan(1);
  await harness.write(itemsOf(original));
  const path = join(folder, "ours.json");
  await writeFile(path, await read());
  const said = await openCode("second", ["import", path]);
  expect(said).toContain(`Imported session: ${id}`);
  expect(await exportFrom("second", id)).toEqual(original);

  // What is left out has a marker in its place that OpenCode takes, too.
  const last = original.messages.at(-1)!;
  const body = { ...last.parts[0], type: "text", text: "y".repeat(2_100_000), id: "prt_zzz" };
  const far = { type: "part", messageId: last.info.id, partId: "prt_zzz" };
  await harness.write([{ ...far, body: JSON.stringify(body) }]);
  await writeFile(path, await read({ refs: "omit" }));
  expect(await openCode("third", ["import", path])).toContain(`Imported session: ${id}`);
  const marked = (await exportFrom("third", id)).messages.at(-1)!;
  expect(marked.parts.at(-1)).toMatchObject({ id: "prt_zzz", type: "text", synthetic: true });
});
