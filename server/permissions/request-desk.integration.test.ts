import { expect, test } from "vitest";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { changePermissions } from "./permission-rules.ts";
import { openRequestDesk } from "./request-desk.ts";
import { openTestDesk } from "./testing/open-test-desk.ts";

const context = useTestServer();

/** Its only option has an id that no row can hold. */
const unaskable: PermissionRequest = {
  sessionId: "s",
  toolCall: { toolCallId: "c", title: "rm -rf /", rawInput: { command: "rm -rf /" } },
  options: [{ optionId: "yes\0", name: "Yes", kind: "allow_once" }],
};

type Needs = Parameters<typeof openRequestDesk>[0];

/** The same services, and how many reads were under way at one time. */
function countReads({ database, bus }: Needs) {
  const reads = { open: 0, most: 0 };
  const counted = (...query: Parameters<typeof database.sql>) => {
    reads.open += 1;
    reads.most = Math.max(reads.most, reads.open);
    return database.sql(...query).finally(() => (reads.open -= 1));
  };
  const sql = Object.assign(counted, { begin: database.sql.begin }) as typeof database.sql;
  return { reads, services: { database: { ...database, sql }, bus } };
}

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
  const { reads, services } = countReads(server.services);
  const ownership = { sessionId, generation: 1, fence: 1 };
  const desk = openRequestDesk(services, { ownership, executionId: "exe_1" });
  const { signal } = new AbortController();
  const ask = async () => (await desk.onPermission(unaskable, { signal })).outcome;
  const outcomes = await Promise.all(Array.from({ length: 300 }, ask));
  expect(outcomes.filter((outcome) => outcome === "selected")).toHaveLength(200);
  expect(reads.most).toBe(1);
  expect(await ask()).toBe("selected");
});

test("however many wait for an answer, one connection is busy with them when news comes", async () => {
  const { server, repository } = context;
  const { reads, services } = countReads(server.services);
  const { sessionId, desk, close } = await openTestDesk(server, repository, services);
  const turn = new AbortController();
  const options = [{ optionId: "yes", name: "Yes", kind: "allow_once" as const }];
  const ask = async () => desk.onPermission({ ...unaskable, options }, turn);
  const asked = Promise.all(Array.from({ length: 10 }, ask));
  await server.until(sessionId, ({ requests }) => requests.length === 10);
  const who = { viewer: owner, access: await context.access(sessionId) };
  await changePermissions(server.services, who, "allow");
  expect(new Set((await asked).map(({ outcome }) => outcome))).toEqual(new Set(["selected"]));
  expect(reads.most).toBe(1);
  close();
});
