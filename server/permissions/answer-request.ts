import type { AgentRequestAnswer, RequestOption } from "#lib/agent-request.ts";
import { AppError, type ErrorDetails } from "#lib/errors.ts";
import { PERMISSION_RULES_MAX } from "#lib/limits.ts";
import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { changeSession } from "#server/sessions/change-session.ts";
import { answerAllowed } from "./answer-allowed.ts";
import { checkAnswer } from "./check-answer.ts";
import type { RequestDraft } from "./describe-permission.ts";
import { resumeSession } from "./end-requests.ts";
import { isAwaited } from "./is-awaited.ts";

interface Answering {
  viewer: Viewer;
  access: SessionAccess;
  requestId: string;
  answer: AgentRequestAnswer;
  /** The same is allowed from now on without asking. */
  always: boolean;
}

type AskedRequest = Pick<RequestDraft, "kind" | "options" | "fields" | "ruleKey"> & {
  state: string;
  answer: AgentRequestAnswer | null;
  /** The worker that waits for the answer still owns the session. */
  isAwaited: boolean;
};

/**
 * Answers what an agent asked, exactly once: whoever comes second gets a `conflict` that names the answer, and whoever
 * answers when the turn is over, or its worker is lost, is told that the request is `gone`. Throws `not_found` for a request of another session.
 */
export async function answerRequest(
  services: Pick<Services, "database" | "bus">,
  { viewer, access, requestId, answer, always }: Answering,
): Promise<void> {
  const { sessionId, generation } = access;
  await changeSession(services, access, async (tx) => {
    const [request] = await tx<AskedRequest[]>`
      select kind, options, fields, rule_key as "ruleKey", state, answer,
        ${isAwaited(tx)} as "isAwaited"
      from permission_requests
      where id = ${requestId} and session_id = ${sessionId} and generation = ${generation}`;
    if (!request) {
      throw new AppError("not_found", "The agent did not ask this", { details: { requestId } });
    }
    if (request.state !== "pending" || !request.isAwaited) throw endedRequest(requestId, request);
    checkAnswer(request, answer);
    if (always) requireAllowing(request, answer);
    await tx`
      update permission_requests
      set state = 'answered', answer = ${JSON.stringify(answer)}::text::jsonb,
        answered_by = ${viewer.userId}, ended_at = now()
      where id = ${requestId} and state = 'pending'`;
    const isRule = always || optionOf(request, answer)?.kind === "allow_always";
    if (isRule && isAllowing(request, answer)) {
      await addRule(tx, access, { viewer, requestId });
      await answerAllowed(tx, access, viewer);
    }
    await resumeSession(tx, access);
    announce(tx, { kind: "wake", sessionId });
  });
}

const optionOf = ({ options }: AskedRequest, answer: AgentRequestAnswer | null) =>
  answer !== null && "optionId" in answer
    ? options.find((option: RequestOption) => option.optionId === answer.optionId)
    : undefined;

const isAllowing = (request: AskedRequest, answer: AgentRequestAnswer) =>
  request.ruleKey !== null && (optionOf(request, answer)?.kind.startsWith("allow") ?? false);

/** Throws `invalid_input` where no rule could come of the answer. */
function requireAllowing(request: AskedRequest, answer: AgentRequestAnswer): void {
  if (isAllowing(request, answer)) return;
  const message =
    request.ruleKey === null
      ? "The agent does not say enough to always allow this"
      : "Only what is allowed can be always allowed";
  throw new AppError("invalid_input", message, { details: { field: "always" } });
}

async function addRule(
  tx: TransactionSql,
  { sessionId, generation }: SessionAccess,
  { viewer, requestId }: { viewer: Viewer; requestId: string },
): Promise<void> {
  const [rules] = await tx<{ isFull: boolean }[]>`
    select count(*) >= ${PERMISSION_RULES_MAX} as "isFull" from permission_rules
    where session_id = ${sessionId} and generation = ${generation}`;
  if (rules?.isFull) {
    throw new AppError("conflict", "Too much is always allowed here already: allow it once", {
      details: { limit: PERMISSION_RULES_MAX },
    });
  }
  await tx`
    insert into permission_rules (
      session_id, generation, rule_key, tool_kind, title, summary, created_by
    )
    select session_id, generation, rule_key, tool_kind, title, summary, ${viewer.userId}
    from permission_requests where id = ${requestId}
    on conflict do nothing`;
}

function endedRequest(requestId: string, request: AskedRequest): AppError {
  const { state, answer } = request;
  if (state === "answered") {
    const option = optionOf(request, answer);
    const message = option
      ? `This was answered already: ${option.name}`
      : "This was answered already";
    const given: ErrorDetails = option
      ? { option: option.optionId }
      : { declined: isDeclined(answer) };
    return new AppError("conflict", message, { details: { requestId, state, ...given } });
  }
  const message =
    state === "cancelled"
      ? "The turn was stopped before this was answered"
      : "The agent does not wait for this any longer";
  return new AppError("gone", message, { details: { requestId, state } });
}

const isDeclined = (answer: AgentRequestAnswer | null) =>
  answer !== null && "content" in answer && answer.content === null;
