import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answerRequest } from "#server/permissions/answer-request.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { interruptTurn } from "../prompt-queue.ts";
import { obedient, owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

describe("a turn that is silent", () => {
  const context = useTestServer({ environment: { STALL_AFTER_MS: "300" } });

  test("is said to be so until it shows a sign of life, and can be stopped", async () => {
    const { server, repository } = context;
    await server.work();
    const prompt = "@say hello\n@until go\n@say again\n@until stop";
    const sessionId = await server.start({ repository, prompt, environment: obedient });
    const silent = await server.until(sessionId, ({ silentSince }) => silentSince !== null);
    expect(Date.parse(silent.silentSince ?? "")).toBeGreaterThan(Date.parse(silent.createdAt));

    const { repositoryPath } = workspaceFolders({
      dataDir: server.dataDir,
      sessionId,
      generation: 1,
    });
    await writeFile(join(repositoryPath, "go"), "");
    const later = await server.until(
      sessionId,
      ({ silentSince }) => silentSince !== null && silentSince > (silent.silentSince ?? ""),
    );
    expect(later.status).toBe("working");
    await interruptTurn(server.services, await context.access(sessionId));
    const ended = await server.until(sessionId, ({ status }) => status === "idle");
    expect(ended.silentSince).toBeNull();
  });

  test("is said to be so before its first word too, until it is stopped (#7)", async () => {
    const { server, repository } = context;
    await server.work();
    const sessionId = await server.start({ repository, prompt: "@hang", environment: obedient });
    const silent = await server.until(
      sessionId,
      ({ silentSince, status }) => silentSince !== null || status === "failed",
    );
    expect(silent).toMatchObject({ status: "preparing", prompts: [{ status: "delivered" }] });
    await interruptTurn(server.services, await context.access(sessionId));
    const ended = await server.until(sessionId, ({ status }) => status === "failed");
    expect(ended.silentSince).toBeNull();
  });
});

describe("a turn that takes too long", () => {
  const context = useTestServer({ environment: { TURN_TIMEOUT_MS: "8000" } });

  test("fails, and takes what it waited for along", async () => {
    const { server, repository } = context;
    await server.work();
    const sessionId = await server.start({
      repository,
      prompt: "@ask npm test",
      permissions: "ask",
      environment: obedient,
    });
    await server.until(sessionId, ({ readyAt }) => readyAt !== null);
    const failed = await server.until(sessionId, ({ status }) => status === "idle");
    expect(failed).toMatchObject({
      requests: [],
      prompts: [{ outcome: "failed", message: "The turn took longer than this server allows" }],
    });
    const { sql } = server.services.database;
    const [request] = await sql<{ id: string }[]>`select id from permission_requests`;
    const late = answerRequest(server.services, {
      viewer: owner,
      access: await context.access(sessionId),
      requestId: request?.id ?? "",
      answer: { optionId: "once" },
      always: false,
    });
    await expect(late).rejects.toThrow("The agent does not wait for this any longer");
  });
});
