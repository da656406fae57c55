import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { foldersOn, isIdle } from "../testing/cold-start.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 120_000 });
const command = fileURLToPath(new URL("../../agents/testing/forgetful-agent.mjs", import.meta.url));
const environment = {
  AGENT_COMMANDS: JSON.stringify({ kilo: { command } }),
};
const context = useTestServer({ environment });

test("an agent that has lost a session goes on with our transcript, under our id and in its own mode; the file is gone", async () => {
  const { server, repository, promptTexts } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({ repository, agent: "kilo", prompt: "Look around" });
  await server.until(sessionId, isIdle);
  expect(await sql`select agent_session_id as id from sessions`).toEqual([{ id: "own-session" }]);
  await server.drain();
  const peer = await context.startPeer();
  await peer.work();
  await peer.send(sessionId, "Go on");
  await peer.until(sessionId, isIdle);
  expect(await sql`select agent_session_id as id from sessions`).toEqual([{ id: sessionId }]);
  expect(await promptTexts(sessionId)).toEqual(["Look around", "Go on"]);
  const folders = foldersOn(server, sessionId);
  const memory = JSON.parse(await readFile(join(folders.homePath, "imported.json"), "utf8")) as {
    snapshot: { messages: { info: { id: string }; parts: { text?: string }[] }[] };
  };
  const [first] = memory.snapshot.messages;
  expect(first?.parts[0]?.text).toBe("Look around");
  expect(first?.info.id, "before all that the agent makes").toMatch(/^msg_0000/);
  expect(await readdir(folders.temporaryPath)).toEqual([]);
});
