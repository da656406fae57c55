import { AppError } from "#lib/errors.ts";
import { createMessageId } from "#lib/ids.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import { copyAttachments } from "#server/attachments/take-attachments.ts";
import type { TransactionSql } from "#server/database/database.ts";

interface EndedPrompt {
  messageId: string;
  /** It stands before all that wait already, as the first prompt of a session has to; else behind them. */
  keepsPlace: boolean;
}

/** Has a prompt that ended without being completed wait again; answers the id that it has there. */
export async function acceptAgain(
  tx: TransactionSql,
  { sessionId, generation }: Pick<SessionAccess, "sessionId" | "generation">,
  { messageId, keepsPlace }: EndedPrompt,
): Promise<string> {
  const retryId = createMessageId();
  const retried = await tx`
    with ended as (
      update prompts set outcome = 'cancelled', message = 'Sent again', retried_as = ${retryId}
      where session_id = ${sessionId} and generation = ${generation}
        and message_id = ${messageId} and status = 'settled'
        and outcome in ('failed', 'interrupted')
      returning *
    )
    insert into prompts (
      session_id, generation, message_id, owner_id, text, request_hash, status, created_at
    )
    select session_id, generation, ${retryId}, owner_id, text, request_hash, 'accepted',
      case when ${keepsPlace} then created_at else now() end
    from ended
    returning 1`;
  if (retried.length === 0) {
    throw new AppError("conflict", "Only a prompt that failed can be sent again", {
      details: { messageId },
    });
  }
  await copyAttachments(tx, { sessionId, generation }, { from: messageId, to: retryId });
  return retryId;
}
