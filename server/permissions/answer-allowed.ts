import type { RequestOption } from "#lib/agent-request.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { findAllowing } from "#server/agents/permission-policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { resumeSession } from "./end-requests.ts";
import { isAwaited } from "./is-awaited.ts";

interface Session {
  sessionId: string;
  generation: number;
}

/**
 * Answers what waits for leave and is allowed by now, because the session allows all, or by a rule: as it would have been
 * answered had it been asked later. What a lost worker asked stays: nobody hears the answer. With the session's row
 * locked; whoever waits is woken by the caller.
 */
export async function answerAllowed(
  tx: TransactionSql,
  { sessionId, generation }: Session,
  /** Whose doing it is; null where nobody has done anything since it was asked. */
  viewer: Pick<Viewer, "userId"> | null,
): Promise<void> {
  const requests = await tx<{ requestId: string; options: RequestOption[] }[]>`
    select asked.id as "requestId", options
    from permission_requests asked
    join sessions on sessions.id = session_id and sessions.generation = asked.generation
    where session_id = ${sessionId} and asked.generation = ${generation}
      and state = 'pending' and kind = 'permission' and ${isAwaited(tx)} and (
        permissions = 'allow' or exists (
          select from permission_rules rules
          where rules.session_id = asked.session_id and rules.generation = asked.generation
            and rules.rule_key = asked.rule_key
        )
      )`;
  for (const { requestId, options } of requests) {
    const option = findAllowing(options);
    const answer = option ? JSON.stringify({ optionId: option.optionId }) : null;
    // What can only be refused is not refused in somebody's name: the agent hears that nobody answers.
    await tx`
      update permission_requests
      set state = ${answer === null ? "expired" : "answered"}, answer = ${answer}::text::jsonb,
        answered_by = ${viewer?.userId ?? null}, ended_at = now()
      where id = ${requestId}`;
  }
  if (requests.length > 0) await resumeSession(tx, { sessionId, generation });
}
