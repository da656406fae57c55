import { timingSafeEqual } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";
import { readServerKey, signWith } from "#server/shares/server-key.ts";
import type { ExecutionTarget } from "./begin-output.ts";

const PREFIX = "mro_";
const TOKEN = /^mro_(exe_[0-9A-Za-z]{26})_([0-9A-Za-z_-]{43})$/;

/** Lets what an agent starts write outputs of its execution, and nothing else, for as long as that lives. */
export async function createOutputToken(
  database: Database,
  target: ExecutionTarget,
): Promise<string> {
  const digest = await signTarget(database, target);
  return `${PREFIX}${target.executionId}_${digest.toString("base64url")}`;
}

export const isOutputToken = (text: string) => text.startsWith(PREFIX);

/**
 * Whose outputs the token writes. Throws `unauthorized` for one that is none of ours, and once the agent has ended, its
 * process has died or lost the session, or that was deleted. Nothing is stored of a token: its signature and the
 * execution's row are looked at each time.
 */
export async function readOutputToken(database: Database, token: string): Promise<ExecutionTarget> {
  const [, executionId = "", signature = ""] = TOKEN.exec(token) ?? [];
  const [row] = await database.sql<ExecutionTarget[]>`
    select e.id as "executionId", e.session_id as "sessionId", e.generation
    from executions e
      join sessions s on s.id = e.session_id and s.generation = e.generation
      join leases l on l.session_id = e.session_id and l.process_id = e.process_id
        and l.fence = coalesce(e.fence, l.fence)
    where e.id = ${executionId} and e.ended_at is null and s.deleted_at is null`;
  if (!row) throw refused();
  const given = Buffer.from(signature, "base64url");
  const expected = await signTarget(database, row);
  const isOurs = given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
  if (!isOurs) throw refused();
  return row;
}

const refused = () =>
  new AppError("unauthorized", "This token is not good, or the agent that had it has ended", {
    details: { token: "unknown" },
  });

const signTarget = async (
  database: Database,
  { sessionId, generation, executionId }: ExecutionTarget,
): Promise<Buffer> =>
  signWith(
    await readServerKey(database),
    "output-token",
    [sessionId, generation, executionId].join("\0"),
  );
