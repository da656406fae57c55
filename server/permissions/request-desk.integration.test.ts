import { expect, test } from "vitest";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { openRequestDesk } from "./request-desk.ts";

const context = useTestServer();

/** Its only option has an id that no row can hold. */
const unaskable: PermissionRequest = {
  sessionId: "s",
  toolCall: { toolCallId: "c", title: "rm -rf /", rawInput: { command: "rm -rf /" } },
  options: [{ optionId: "yes\0", name: "Yes", kind: "allow_once" }],
};

test.each([
  ["ask", { outcome: "cancelled" }],
  ["allow", { outcome: "selected", optionId: "yes\0" }],
] as const)(
  "what nobody can be asked is, where it is %s, answered %j",
  async (permissions, given) => {
    const { server, repository } = context;
    const sessionId = await server.start({ repository, permissions });
    const ownership = { sessionId, generation: 1, fence: 1 };
    const desk = openRequestDesk(server.services, { ownership, executionId: "exe_1" });
    const { signal } = new AbortController();
    expect(await desk.onPermission(unaskable, { signal })).toEqual(given);
  },
);
