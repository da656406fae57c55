import { expect, test } from "vitest";
import { chooseOption, readAgentSettings } from "../agent-settings.ts";
import { retryPrompt } from "../prompt-queue.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

const context = useTestServer();

async function startIdle(): Promise<string> {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({ repository, prompt: "@say hello", environment: obedient });
  await server.until(
    sessionId,
    ({ status, agentSettings }) => status === "idle" && agentSettings?.commandCount === 2,
  );
  return sessionId;
}

const choose = async (sessionId: string, optionId: string, value: string) =>
  chooseOption(context.server.services, await context.access(sessionId), { optionId, value });

/** The last thing that the agent said. */
async function lastWords(sessionId: string): Promise<string> {
  const { database } = context.server.services;
  const [row] = await database.sql<{ text: string }[]>`
    select body::json ->> 'text' as text from items
    where session_id = ${sessionId} and type = 'part' order by seq desc limit 1`;
  return row?.text.trim() ?? "";
}

const ask = async (sessionId: string) => {
  await context.server.send(sessionId, "@settings");
  await context.server.until(
    sessionId,
    ({ status, prompts }) =>
      status === "idle" && prompts.every(({ status: each }) => each === "settled"),
  );
  return lastWords(sessionId);
};

test("what an agent offers is told, and what is chosen holds from the next prompt on", async () => {
  const sessionId = await startIdle();
  const { server } = context;
  const lists = await readAgentSettings(server.services.database, { sessionId, generation: 1 });
  expect(lists?.commands.map(({ name }) => name)).toEqual(["tour", "search"]);
  await choose(sessionId, "mode", "plan");
  await choose(sessionId, "model", "mill/slow");
  await choose(sessionId, "model", "mill/slow");
  const waiting = await server.until(sessionId, () => true);
  expect(waiting.agentSettings?.options).toEqual([
    {
      id: "model",
      name: "Model",
      category: "model",
      value: "mill/fast",
      valueName: "Fast",
      chosen: { value: "mill/slow", name: "Slow" },
    },
    {
      id: "mode",
      name: "Mode",
      category: "mode",
      value: "build",
      valueName: "Build",
      chosen: { value: "plan", name: "Plan" },
    },
  ]);
  expect(await ask(sessionId)).toBe("mode plan, model mill/slow");
  const { agentSettings, model } = await server.until(sessionId, () => true);
  expect(model).toBe("mill/slow");
  expect(agentSettings?.options).toMatchObject([
    { value: "mill/slow", valueName: "Slow", chosen: null },
    { value: "plan", valueName: "Plan", chosen: null },
  ]);
  // An agent that is started anew knows nothing of it.
  await server.send(sessionId, "@exit 9");
  await server.until(sessionId, ({ prompts }) => prompts[0]?.status === "settled");
  expect(await ask(sessionId)).toBe("mode plan, model mill/slow");
});

test("what is not offered is refused at once; what the agent refuses fails the prompt, which can then be sent as things are", async () => {
  const sessionId = await startIdle();
  const { server, access } = context;
  await expect(choose(sessionId, "mode", "fly")).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "value" },
  });
  await expect(choose(sessionId, "colour", "red")).rejects.toMatchObject({
    code: "invalid_input",
    details: { field: "optionId" },
  });
  await choose(sessionId, "mode", "locked");
  const messageId = await server.send(sessionId, "@settings");
  const state = await server.until(
    sessionId,
    ({ status, prompts }) => status === "idle" && prompts[0]?.outcome === "failed",
  );
  expect(state.prompts[0]?.message).toContain('does not take "Mode: Locked"');
  expect(state.agentSettings?.options[1]).toMatchObject({ value: "build", chosen: null });
  await retryPrompt(server.services, { access: await access(sessionId), messageId });
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await lastWords(sessionId)).toBe("mode build, model mill/fast");
});
