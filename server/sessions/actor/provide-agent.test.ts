import { expect, test } from "vitest";
import type { AgentOption } from "#lib/agent-settings.ts";
import { takeModel } from "./provide-agent.ts";

const models: AgentOption = {
  id: "model",
  name: "Model",
  way: "model",
  category: "model",
  value: "fast",
  choices: ["fast", "slow"].map((value) => ({ value, name: value, description: null })),
};

/** What the profile's model is taken as, and what the agent is told. */
async function take(
  model: string,
  given: { chosen?: Record<string, string>; isLoaded?: boolean; options?: AgentOption[] } = {},
) {
  const { options = [models], chosen = {}, isLoaded = false } = given;
  const told: string[] = [];
  const connection = {
    initialize: {
      name: null,
      version: null,
      protocolVersion: 1,
      loadsSessions: true,
      capabilities: {},
    },
    settings: { get: () => ({ options, commands: [] }), follow: () => {} },
    setOption: ({ value }: { value: string }) => Promise.resolve(void told.push(value)),
  };
  const provided = { label: "Agent", connection, provision: { mcpServers: [], model } };
  const { signal } = new AbortController();
  return { taken: await takeModel(provided, { sessionId: "s", chosen, isLoaded, signal }), told };
}

test("the profile's model is taken whenever a session is opened, unless somebody chose one", async () => {
  expect(await take("slow", { isLoaded: true })).toEqual({ taken: "slow", told: ["slow"] });
  expect(await take("fast")).toEqual({ taken: "fast", told: [] });
  const byMode = { chosen: { mode: "plan" } };
  expect(await take("slow", byMode)).toEqual({ taken: "slow", told: ["slow"] });
  const chosen = { model: "fast" };
  expect(await take("slow", { chosen })).toEqual({ taken: null, told: [] });
  expect(await take("gone", { chosen })).toEqual({ taken: null, told: [] });
});

test("a model that is not offered is refused, but where a loaded session lists none", async () => {
  const refused = { code: "invalid_input", details: { reason: "model_not_offered" } };
  await expect(take("gone", { isLoaded: true })).rejects.toMatchObject(refused);
  await expect(take("slow", { options: [] })).rejects.toMatchObject(refused);
  const loaded = await take("slow", { options: [], isLoaded: true });
  expect(loaded).toEqual({ taken: null, told: [] });
});
