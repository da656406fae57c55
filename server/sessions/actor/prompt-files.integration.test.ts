import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { storeAttachment } from "#server/attachments/store-attachment.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { retryPrompt, sendPrompt } from "../prompt-queue.ts";
import { startOver } from "../start-over.ts";
import { foldersOn, isIdle, keepAtOnce, untilKept } from "../testing/cold-start.ts";
import { obedient, owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

const context = useTestServer({ environment: keepAtOnce });

/** One pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function attach(name: string, bytes: Buffer): Promise<string> {
  const file = { name, mime: null, announcedBytes: bytes.length, body: [bytes] as never };
  return (await storeAttachment(context.server.services, owner, file)).attachmentId;
}

async function readParts(sessionId: string) {
  const { items } = await readItemsAfter(context.server.services.database, {
    sessionId,
    generation: 1,
    afterSeq: 0,
    maxCount: 1_000,
    maxBytes: 10_000_000,
  });
  const parts = items.filter(({ type }) => type === "part");
  return parts.map(
    ({ body }) =>
      JSON.parse(body ?? "{}") as {
        type: string;
        text?: string;
        filename?: string;
        url?: string;
        messageID: string;
      },
  );
}

const repositoryOf = (sessionId: string) =>
  workspaceFolders({ dataDir: context.server.dataDir, sessionId, generation: 1 }).repositoryPath;

test("pictures come within the prompt, other files lie in the workspace; the transcript has both", async () => {
  const { server, repository } = context;
  await server.work();
  const attachments = [
    await attach("mill.png", picture),
    await attach("it's $(id).txt", Buffer.from("grist")),
  ];
  const sessionId = await server.start({
    repository,
    prompt: "@files",
    attachments,
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "idle");
  const parts = await readParts(sessionId);
  expect(parts.find(({ text }) => text?.startsWith("image"))?.text?.trim()).toBe(
    "image image/png 70\nfile it's $(id).txt grist",
  );
  const [prompt] = parts;
  expect(parts.filter(({ type }) => type === "file")).toMatchObject([
    {
      filename: "mill.png",
      url: `data:image/png;base64,${picture.toString("base64")}`,
      messageID: prompt?.messageID,
    },
    { filename: "it's $(id).txt", url: "data:text/plain;base64,Z3Jpc3Q=" },
  ]);
  const status = execFileSync("git", ["status", "--porcelain", "--ignored=no"], {
    cwd: repositoryOf(sessionId),
    encoding: "utf8",
  });
  expect(status).toBe("");
});

test("a link that an agent laid in the way is not followed out; a prompt without its file fails and can be sent again", async () => {
  const { server, repository, access } = context;
  await server.work();
  const sessionId = await server.start({ repository, prompt: "@say hello", environment: obedient });
  await server.until(sessionId, ({ status }) => status === "idle");
  const attachmentId = await attach("grain.txt", Buffer.from("rye"));
  const folder = join(repositoryOf(sessionId), ".millrace/attachments", attachmentId.slice(-6));
  await mkdir(folder, { recursive: true });
  const target = join(server.dataDir, "outside.txt");
  await symlink(target, join(folder, "grain.txt"));

  const send = async (attachments: string[]) => {
    const prompt = { messageId: createMessageId(), text: "@files", attachments };
    await sendPrompt(server.services, { viewer: owner, access: await access(sessionId), prompt });
    return prompt.messageId;
  };
  await send([attachmentId]);
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await readFile(join(folder, "grain.txt"), "utf8")).toBe("rye");
  await expect(readFile(target)).rejects.toThrow("ENOENT");

  // The folder is in the way of itself.
  await rm(dirname(folder), { recursive: true });
  await symlink("/proc", dirname(folder));
  const messageId = await send([attachmentId]);
  const state = await server.until(sessionId, ({ prompts }) => prompts[0]?.status === "settled");
  expect(state.prompts).toMatchObject([
    { outcome: "failed", message: "The file grain.txt could not be put into the workspace" },
  ]);
  await rm(dirname(folder));
  await retryPrompt(server.services, { access: await access(sessionId), messageId });
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await readFile(join(folder, "grain.txt"), "utf8")).toBe("rye");
});

test("files of earlier prompts are there again when a session comes back to an empty folder", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  await server.work();
  const attachments = [
    await attach("grain.txt", Buffer.from("rye")),
    await attach("lost.txt", Buffer.from("oats")),
  ];
  const input = { repository, prompt: "@files", attachments, environment: obedient };
  const sessionId = await server.start(input);
  await server.until(sessionId, isIdle);
  await untilKept(server, sessionId);
  await rm(foldersOn(server, sessionId).basePath, { recursive: true });
  const segments = await sql<{ key: string }[]>`
    select key from blob_segments join attachments using (blob_id) where name = 'lost.txt'`;
  await server.services.blobs.delete(segments.map(({ key }) => key));

  await server.send(sessionId, "@say back");
  const { preparation } = await server.until(sessionId, isIdle);
  const folder = join(repositoryOf(sessionId), ".millrace/attachments");
  const names = await readdir(folder, { recursive: true });
  expect(names.filter((name) => name.endsWith(".txt"))).toEqual([expect.stringMatching(/grain/)]);
  expect(
    await readFile(
      join(
        folder,
        names.find((name) => name.endsWith("grain.txt"))!,
      ),
      "utf8",
    ),
  ).toBe("rye");
  const restored = preparation?.steps.find(({ step }) => step === "restore");
  expect(restored?.logTail).toContain("The file lost.txt");
});

test("a session that gives its files up has those that came with its prompts nevertheless", async () => {
  const { server, repository } = context;
  await server.work();
  const attachments = [await attach("plan.txt", Buffer.from("grist"))];
  const prompt = { repository, prompt: "@files", attachments, environment: obedient };
  const sessionId = await server.start(prompt);
  await server.until(sessionId, isIdle);
  await untilKept(server, sessionId);
  await server.drain();
  const { sql } = server.services.database;
  await sql`update blobs set state = 'deleting' where purpose = 'checkpoint' and session_id = ${sessionId}`;
  await rm(repositoryOf(sessionId), { recursive: true });

  const peer = await context.startPeer();
  await peer.work();
  await peer.send(sessionId, "@write second.txt");
  await peer.until(sessionId, ({ status }) => status === "failed");
  await startOver(peer.services, await context.access(sessionId));
  await peer.until(sessionId, isIdle);
  const folder = join(repositoryOf(sessionId), ".millrace/attachments", attachments[0]!.slice(-6));
  expect(await readFile(join(folder, "plan.txt"), "utf8")).toBe("grist");
});
