import { expect, test } from "vitest";
import { log } from "#server/log.ts";
import { loadSession } from "./load-session.ts";

type Options = Parameters<typeof loadSession>[1];

test("a session is loaded also where its records could not be made ready", async () => {
  const options = {
    agent: { id: "some", label: "Some", beforeLoad: "true" },
    connection: {
      sandbox: { spawn: () => Promise.reject(new Error("no room")) },
      loadSession: async () => ({ modelId: null }),
    },
    folders: { repositoryPath: "/", homePath: "/", temporaryPath: "/" },
    agentSessionId: "known",
    mcpServers: [],
    environment: {},
    signal: new AbortController().signal,
    onOutput: () => {},
  } as unknown as Options;
  const services = { log } as Parameters<typeof loadSession>[0];
  await expect(loadSession(services, options)).resolves.toMatchObject({ sessionId: "known" });
});
