import { expect, test } from "vitest";
import type { StepState } from "#lib/preparation.ts";
import { takeLease } from "../lease.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { beginPreparation } from "./preparation-recorder.ts";

const context = useTestServer();
const options = { timeoutMs: 5_000, signal: new AbortController().signal };

async function begin() {
  const { services } = context.server;
  const sessionId = await context.server.start({ repository: context.repository });
  const lease = await takeLease(services.database, {
    ...services,
    sessionId,
    generation: 1,
    leaseMs: 60_000,
  });
  if (!lease) throw new Error("There is no lease");
  lease.stopRenewal();
  const work = { teamId: "team", repository: "file:///x", setupCommands: [] };
  return beginPreparation({ ...services, ownership: lease, work });
}

async function readSteps(): Promise<StepState[]> {
  const [row] = await context.server.services.database.sql<{ steps: StepState[] }[]>`
    select steps from preparations`;
  return row?.steps ?? [];
}

const tailOf = async (name: string) =>
  (await readSteps()).find(({ step }) => step === name)?.logTail;

test("what an agent says after its step is stored with the failure of a later one, and nothing after that", async () => {
  const preparation = await begin();
  let say = (_text: string) => {};
  await preparation.step("agent_start", options, async ({ onOutput }) => {
    say = onOutput;
    onOutput("started\n");
  });
  const prompt = preparation.step("prompt", options, async () => {
    say("out of grain\n");
    throw new Error("the agent is gone");
  });
  await expect(prompt).rejects.toThrow("Something went wrong");
  expect(await tailOf("agent_start")).toBe("started\nout of grain\n");
  say("never mind\n");
  await preparation.skip("setup");
  expect(await tailOf("agent_start")).toBe("started\nout of grain\n");
});

test("when the last step is done, what an agent says is no longer the preparation's", async () => {
  const preparation = await begin();
  let say = (_text: string) => {};
  await preparation.step("agent_start", options, async ({ onOutput }) => void (say = onOutput));
  await preparation.step("prompt", options, async () => say("working\n"));
  say("chatter\n");
  await preparation.skip("setup");
  expect(await tailOf("agent_start")).toBe("working\n");
});
