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

test("however much an agent asks at once, one connection is busy with it, and of very much the rest is cancelled", async () => {
  const { server, repository } = context;
  const sessionId = await server.start({ repository, permissions: "allow" });
  const { database, bus } = server.services;
  const reads = { open: 0, most: 0 };
  const counted = (...query: Parameters<typeof database.sql>) => {
    reads.open += 1;
    reads.most = Math.max(reads.most, reads.open);
    return database.sql(...query).finally(() => (reads.open -= 1));
  };
  const sql = Object.assign(counted, { begin: database.sql.begin }) as typeof database.sql;
  const ownership = { sessionId, generation: 1, fence: 1 };
  const services = { database: { ...database, sql }, bus };
  const desk = openRequestDesk(services, { ownership, executionId: "exe_1" });
  const { signal } = new AbortController();
  const ask = async () => (await desk.onPermission(unaskable, { signal })).outcome;
  const outcomes = await Promise.all(Array.from({ length: 300 }, ask));
  expect(outcomes.filter((outcome) => outcome === "selected")).toHaveLength(200);
  expect(reads.most).toBe(1);
  expect(await ask()).toBe("selected");
});
