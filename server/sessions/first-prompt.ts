import { AppError } from "#lib/errors.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { LockedSession } from "./change-session.ts";

type SessionKey = Pick<SessionAccess, "sessionId" | "generation">;

interface FirstPrompt {
  messageId: string;
  status: string;
}

/** What a session that is not ready begins with: the others wait behind it. Null where it has no prompt. */
export async function findFirstPrompt(
  tx: TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<FirstPrompt | null> {
  const [first] = await tx<FirstPrompt[]>`
    select message_id as "messageId", status from prompts
    where session_id = ${sessionId} and generation = ${generation}
      and outcome is distinct from 'cancelled'
    order by created_at, message_id limit 1`;
  return first ?? null;
}

interface ChangedPrompt {
  access: SessionKey;
  messageId: string;
  /** What can be done. */
  instead: string;
}

/** Throws `conflict` for the prompt that a session was started with, until the session is ready. */
export async function requireFollowUp(
  tx: TransactionSql,
  { ready }: LockedSession,
  { access, messageId, instead }: ChangedPrompt,
): Promise<void> {
  if (ready || (await findFirstPrompt(tx, access))?.messageId !== messageId) return;
  throw new AppError("conflict", `The first prompt goes with its session: ${instead}`, {
    details: { messageId },
  });
}
