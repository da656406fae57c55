import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { readItemsAfter } from "#server/items/read-items-after.ts";
import { interruptTurn } from "../prompt-queue.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 120_000 });
const command = fileURLToPath(new URL("../../agents/testing/unruly-agent.mjs", import.meta.url));
const context = useTestServer({
  environment: { AGENT_COMMANDS: JSON.stringify({ unruly: { label: "Unruly", command } }) },
});

const isIdle = ({ status }: SessionState) => status === "idle";

async function start(prompt: string): Promise<string> {
  const { server, repository } = context;
  await server.work();
  return server.start({ repository, agent: "unruly", prompt: "well" }).then(async (sessionId) => {
    await server.until(sessionId, isIdle);
    await server.send(sessionId, prompt);
    return sessionId;
  });
}

/** The state once nothing waits or runs. */
const settled = (sessionId: string) =>
  context.server.until(
    sessionId,
    (state) => isIdle(state) && state.prompts.every(({ status }) => status === "settled"),
  );

/** Whether the session takes another prompt, whatever the one before has done. */
async function goesOn(sessionId: string): Promise<boolean> {
  const before = (await settled(sessionId)).prompts.length;
  await context.server.send(sessionId, "well again");
  const after = await settled(sessionId);
  return after.prompts.length === before && (await textOf(sessionId)).endsWith("All is well");
}

async function textOf(sessionId: string): Promise<string> {
  const page = { sessionId, generation: 1, afterSeq: 0, maxCount: 10_000, maxBytes: 100_000_000 };
  const { items } = await readItemsAfter(context.server.services.database, page);
  const parts = items.filter(({ type }) => type === "part");
  return parts
    .map(({ body }) => JSON.parse(body ?? "{}") as { type: string; text?: string })
    .map(({ text = "" }) => text)
    .join("");
}

test.each(["flood", "garbage", "twice", "shapeless"])(
  "an agent that answers with %s has its turn, and the session goes on (#7)",
  async (behaviour) => {
    const sessionId = await start(behaviour);
    expect((await settled(sessionId)).prompts).toEqual([]);
    expect(await goesOn(sessionId)).toBe(true);
  },
);

test("a message of 33 MB fails its turn by name, and the session goes on (#7)", async () => {
  const sessionId = await start("huge");
  const { prompts } = await settled(sessionId);
  const message = expect.stringContaining("Unruly sent a message larger than the limit");
  expect(prompts).toMatchObject([{ outcome: "failed", message }]);
  expect(await goesOn(sessionId)).toBe(true);
});

test("what is said after Stop changes nothing: the turn was interrupted, and the next one is its own (#7)", async () => {
  const sessionId = await start("late");
  await expect.poll(() => textOf(sessionId), { timeout: 20_000 }).toContain("Working");
  await interruptTurn(context.server.services, await context.access(sessionId));
  expect((await settled(sessionId)).prompts).toMatchObject([{ outcome: "interrupted" }]);
  expect(await goesOn(sessionId)).toBe(true);
  expect(await textOf(sessionId)).not.toContain("and on");
});
