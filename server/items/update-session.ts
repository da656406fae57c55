import type { TransactionSql } from "#server/database/database.ts";
import { areTurnsLeft } from "./message-rows.ts";
import type { MessagePosition } from "./plan-messages.ts";
import type { LockedSession, SessionPlan } from "./plan-session.ts";

interface Target {
  sessionId: string;
  generation: number;
}

export interface SessionUpdate {
  session: LockedSession;
  plan: SessionPlan;
  lastSeq: number;
  received: number;
  /** By how many items more, or fewer, are skipped now. */
  skippedCount: number;
  /** From here on the batch makes turns wrong, unless it counts them; null when it makes none wrong. */
  turnsFrom: MessagePosition | null;
}

/**
 * Writes what a batch changes of its session, and tells whether turns are left to be counted. The time of the last
 * change is exact to a second: it is indexed, and a row that keeps it is much cheaper to update.
 */
export async function updateSession(
  tx: TransactionSql,
  target: Target,
  { session, plan, lastSeq, received, skippedCount, turnsFrom }: SessionUpdate,
): Promise<boolean> {
  const counter = Math.max(session.counter, received, lastSeq);
  if (counter === session.counter && !plan.isVisible) return session.turnsUncountedFrom !== null;
  const [row] = await tx<{ areTurnsLeft: boolean }[]>`
    update sessions set
      counter = ${counter}, last_seq = ${lastSeq},
      title = ${plan.title}, title_source = ${plan.titleSource},
      parent_id = ${plan.parentId}, git_origin = ${plan.gitOrigin}, git_branch = ${plan.gitBranch},
      reported_status = ${plan.reportedStatus}, reported_end = ${plan.reportedEnd},
      cost_usd = ${plan.costUsd}, tokens = ${plan.tokens},
      skipped_item_count = skipped_item_count + ${skippedCount},
      revision = revision + ${plan.isVisible ? 1 : 0},
      updated_at = case
        when ${lastSeq !== session.lastSeq || plan.isVisible} and updated_at < now() - interval '1 second' then now()
        else updated_at end,
      (model, model_source) = row(${modelColumns(tx, plan)}),
      turns_uncounted_from = case when ${areTurnsLeft(tx, target, turnsFrom)}
        then least(turns_uncounted_from, ${turnsFrom?.sortKey ?? null}) else turns_uncounted_from end
    where id = ${target.sessionId}
    returning turns_uncounted_from is not null as "areTurnsLeft"`.execute();
  return row!.areTurnsLeft;
}

/** An answer's model counts when no later answer names one. */
function modelColumns(tx: TransactionSql, { answer, model, modelSource }: SessionPlan) {
  if (answer === null) return tx`${model}::text, ${modelSource}::text`;
  const { sortKey, firstSeq } = answer.position;
  return tx`
    case when exists (
      select from messages m
      where m.session_id = sessions.id and m.generation = sessions.generation and m.model is not null
        and not m.deleted and (m.sort_key, m.first_seq) > (${sortKey}, ${firstSeq})
    ) then model else ${answer.name} end, 'answer'`;
}
