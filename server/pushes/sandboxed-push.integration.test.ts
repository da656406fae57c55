import { access } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { findBubblewrap } from "#server/sandboxes/bubblewrap/find-bubblewrap.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { usePushHost } from "./testing/use-push-host.ts";

vi.setConfig({ testTimeout: 90_000 });
const trouble = await findBubblewrap(process.env["PATH"] ?? "");
const host = usePushHost({ SANDBOX: "bubblewrap" });

test.skipIf(trouble !== null)(
  "an isolated session is pushed, and its filters stay where the agent is",
  async () => {
    const { server, git, origin } = host;
    const sessionId = await server.start({
      repository: `${git.url}/app/.git`,
      prompt: "@write by-agent.txt",
      environment: obedient,
      setupCommands: [
        "echo '*.txt filter=own' > .gitattributes",
        `git config filter.own.clean "touch ${server.dataDir}/escaped; sed s/test/filter/"`,
      ],
    });
    await server.until(sessionId, ({ status }) => status === "idle");
    const push = await host.pushed(sessionId);
    expect(push).toMatchObject({ status: "done", failure: null });
    expect(await origin.git("show", `${push.branch}:by-agent.txt`)).toBe("Written by a filter");
    await expect(access(join(server.dataDir, "escaped"))).rejects.toThrow("ENOENT");
  },
);
