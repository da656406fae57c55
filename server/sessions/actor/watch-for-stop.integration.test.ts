import { expect, test } from "vitest";
import type { Inbox } from "../inbox.ts";
import { takeLease } from "../lease.ts";
import { interruptTurn } from "../prompt-queue.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { markDelivered } from "./settle-prompts.ts";
import { watchForStop } from "./watch-for-stop.ts";

const context = useTestServer();

/** Hears nothing. */
const deaf: Inbox = {
  wait: (...signals) =>
    new Promise((resolve) => {
      for (const signal of signals) signal.addEventListener("abort", () => resolve());
    }),
  close: () => {},
};

test("a Stop that was pressed before anybody listened is seen, and its prompt not delivered", async () => {
  const { server, repository } = context;
  const { services } = server;
  const { log, processId, database } = services;
  const sessionId = await server.start({ repository });
  const asked = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const ownership = (await takeLease(database, asked))!;
  await interruptTurn(services, await context.access(sessionId));
  const mustStop = new AbortController().signal;
  const watch = watchForStop(services, { ownership, inbox: deaf, mustStop });
  await expect.poll(() => watch.signal.aborted).toBe(true);
  expect(watch.signal.reason).toMatchObject({ details: { isStop: true } });
  await watch.end();

  const [prompt] = await database.sql<{ id: string }[]>`
    select message_id as id from prompts where session_id = ${sessionId}`;
  await expect(markDelivered(services, ownership, prompt!.id)).rejects.toThrow("Stopped");
  expect(await database.sql`select status from prompts`).toEqual([{ status: "accepted" }]);
  ownership.stopRenewal();
});
