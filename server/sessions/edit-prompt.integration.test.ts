import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { answerRequest } from "#server/permissions/answer-request.ts";
import { editPrompt } from "./edit-prompt.ts";
import { obedient, owner } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";

const context = useTestServer();

/** A session whose turn goes on when somebody answers. */
async function startBusy() {
  const { server, repository } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@ask go on",
    permissions: "ask",
    environment: obedient,
  });
  const { requests } = await server.until(sessionId, ({ status }) => status === "needs_you");
  const access = await context.access(sessionId);
  const requestId = requests[0]?.requestId ?? "";
  const answer = { optionId: "once" };
  const goOn = () =>
    answerRequest(server.services, { viewer: owner, access, requestId, answer, always: false });
  const edit = (messageId: string, text: string) =>
    editPrompt(server.services, { access, prompt: { messageId, text } });
  const untilDone = () =>
    server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  return { sessionId, goOn, edit, untilDone };
}

test("a prompt that waits is delivered as it was last written, in its place", async () => {
  const { sessionId, goOn, edit, untilDone } = await startBusy();
  const first = await context.server.send(sessionId, "first");
  await context.server.send(sessionId, "second");
  await edit(first, "first, but other");
  await goOn();
  await untilDone();
  expect(await context.promptTexts(sessionId)).toEqual([
    "@ask go on",
    "first, but other",
    "second",
  ]);
  await expect(edit(first, "too late")).rejects.toMatchObject({ code: "conflict" });
  await expect(edit(createMessageId(), "nobody's")).rejects.toMatchObject({ code: "not_found" });
  // Sent again by a page that had lost the answer: it is the prompt that it was, not a second one.
  expect(await context.server.send(sessionId, "first", first)).toBe(first);
});

test("the first prompt is changed with its session until that is ready", async () => {
  const { server, repository } = context;
  const sessionId = await server.start({ repository, prompt: "Look" });
  const { prompts } = await server.until(sessionId, ({ prompts: waiting }) => waiting.length > 0);
  const access = await context.access(sessionId);
  const { messageId } = prompts[0]!;
  const edit = editPrompt(server.services, { access, prompt: { messageId, text: "Look there" } });
  await expect(edit).rejects.toMatchObject({
    code: "conflict",
    message: "The first prompt goes with its session: change that before it is initiated",
  });
});

test("an edit that meets the delivery is delivered, or refused", async () => {
  const { sessionId, goOn, edit, untilDone } = await startBusy();
  const messageId = await context.server.send(sessionId, "as it was");
  await goOn();
  let text = "as it was";
  for (let version = 1; version <= 1_000; version += 1) {
    const isTaken = await edit(messageId, `version ${version}`).then(
      () => true,
      () => false,
    );
    if (!isTaken) break;
    text = `version ${version}`;
  }
  await untilDone();
  expect((await context.promptTexts(sessionId)).at(-1)).toBe(text);
});
