import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROPOSAL_FILE } from "#lib/setup-proposal.ts";
import type { SessionState } from "#lib/session-state.ts";
import { createCaller } from "#server/routers/app-router.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";
import { readProposal } from "./read-proposal.ts";

const context = useTestServer();

const openCaller = () =>
  createCaller({
    services: context.server.services,
    viewer: owner,
    callerGone: () => AbortSignal.abort(),
  }).profile;

const setupOf = ({ preparation }: SessionState) =>
  preparation?.steps.find(({ step }) => step === "setup");

/** A session whose setup is over, whatever its agent does. */
async function startSetUp(repository: string) {
  const sessionId = await context.server.start({ repository });
  const state = await context.server.until(sessionId, (it) => setupOf(it)?.status === "done");
  return { sessionId, proposal: state.proposal, log: setupOf(state)?.logTail ?? "" };
}

test("what a repository proposes runs once somebody has confirmed exactly that", async () => {
  const { server } = context;
  const origin = await createTestRepository(join(context.repository, "..", "proposing"));
  const propose = (command: string) =>
    origin.commit({ [PROPOSAL_FILE]: JSON.stringify({ setup: [command] }) });
  await propose("echo proposed-$((40+2))");
  await server.work();

  const first = await startSetUp(origin.path);
  expect(first.proposal?.commands).toEqual(["echo proposed-$((40+2))"]);
  expect(first.log).toContain("nobody has confirmed yet");
  expect(first.log).not.toContain("proposed-42");

  const { hash } = first.proposal!;
  const decision = { sessionId: first.sessionId, hash, decision: "confirmed" } as const;
  await openCaller().decideProposal(decision);
  await openCaller().decideProposal(decision);
  const second = await startSetUp(origin.path);
  expect(second).toMatchObject({ proposal: null, log: expect.stringContaining("proposed-42") });

  await propose("echo changed-$((40+2))");
  const third = await startSetUp(origin.path);
  expect(third.log).not.toContain("changed-42");
  expect(third.proposal?.commands).toEqual(["echo changed-$((40+2))"]);
  // Somebody else's page still shows the old one.
  await expect(
    openCaller().decideProposal({ ...decision, sessionId: third.sessionId }),
  ).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a proposal that is a link, too large or no list of commands is none", async () => {
  const origin = await createTestRepository(join(context.repository, "..", "odd"));
  const write = async (text: string) => {
    await origin.commit({ [PROPOSAL_FILE]: text });
    return readProposal(origin.path);
  };
  expect(await write('{"setup": ["npm ci"]}')).toEqual({ commands: ["npm ci"], trouble: null });
  expect(await write("{")).toEqual({ commands: [], trouble: "it is not JSON" });
  expect(await write('{"setup": "npm ci"}')).toMatchObject({ commands: [] });
  expect(await write(`{"setup": [${JSON.stringify("x".repeat(70_000))}]}`)).toMatchObject({
    commands: [],
  });
  const linked = join(context.repository, "..", "linked");
  await createTestRepository(linked);
  await symlink(join(origin.path, PROPOSAL_FILE), join(linked, PROPOSAL_FILE));
  expect(await readProposal(linked)).toEqual({ commands: [], trouble: null });
});
