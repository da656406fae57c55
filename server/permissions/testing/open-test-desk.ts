import type { Services } from "#server/services.ts";
import { takeLease } from "#server/sessions/lease.ts";
import type { TestServer } from "#server/sessions/testing/test-server.ts";
import { openRequestDesk, type RequestDesk } from "../request-desk.ts";

interface TestDesk {
  sessionId: string;
  desk: RequestDesk;
  close(): void;
}

/** A desk of a new session whose turn runs, as its actor opens it. */
export async function openTestDesk(
  server: TestServer,
  repository: string,
  services: Pick<Services, "database" | "bus"> = server.services,
): Promise<TestDesk> {
  const { database, processId, log } = server.services;
  const sessionId = await server.start({ repository, permissions: "ask" });
  const options = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const lease = await takeLease(database, options);
  await database.sql`update prompts set status = 'started' where session_id = ${sessionId}`;
  await database.sql`
    update sessions set status = 'working', ready_at = now() where id = ${sessionId}`;
  const ownership = { sessionId, generation: 1, fence: lease?.fence ?? 0 };
  await database.sql`
    insert into executions (id, session_id, generation, process_id, fence, agent_id)
    values ('exe_1', ${sessionId}, 1, ${processId}, ${ownership.fence}, 'agent')`;
  const desk = openRequestDesk(services, { ownership, executionId: "exe_1" });
  return { sessionId, desk, close: () => lease?.stopRenewal() };
}
