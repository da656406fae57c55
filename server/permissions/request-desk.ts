import type { AgentRequestAnswer } from "#lib/agent-request.ts";
import { createRequestId } from "#lib/ids.ts";
import { REQUESTS_PENDING_MAX } from "#lib/limits.ts";
import { allowOnce, type PermissionPolicy } from "#server/agents/permission-policy.ts";
import type { QuestionPolicy } from "#server/agents/question-policy.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "#server/sessions/change-session.ts";
import { openInbox } from "#server/sessions/inbox.ts";
import { outlastOutage } from "#server/sessions/outlast-outage.ts";
import { answerAllowed } from "./answer-allowed.ts";
import { describePermission, type RequestDraft } from "./describe-permission.ts";
import { describeQuestion } from "./describe-question.ts";

type Needs = Pick<Services, "database" | "bus">;

/** Of an agent at one time, those included that are allowed without a person. */
const REQUESTS_OPEN_MAX = 200;

interface DeskOptions {
  ownership: Ownership;
  executionId: string;
}

/** Where an agent's requests come in, and people's answers to them go out again. */
export interface RequestDesk {
  onPermission: PermissionPolicy;
  onQuestion: QuestionPolicy;
}

/**
 * Asks people what an agent wants to know. A request is stored before anybody sees it, and ends with its turn; whoever
 * answers does so in any process. What the session allows, or a rule of it, is answered at once. However much an agent
 * asks at one time, it keeps one connection of the database busy.
 */
export function openRequestDesk(services: Needs, options: DeskOptions): RequestDesk {
  const inTurn = createLane();
  const ask = (draft: RequestDraft, signal: AbortSignal) =>
    askPerson(services, { ...options, draft, signal, inTurn });
  const isAllowedNow = (ruleKey: string | null, signal: AbortSignal) =>
    inTurn(async () => !signal.aborted && isAllowed(services, { ...options, ruleKey, signal }));
  const desk: RequestDesk = {
    async onPermission(request, { signal }) {
      const draft = describePermission(request);
      if (await isAllowedNow(draft?.ruleKey ?? null, signal)) return allowOnce(request, { signal });
      // Nobody can be asked.
      if (draft === null) return { outcome: "cancelled" };
      const answer = await ask(draft, signal);
      return answer !== null && "optionId" in answer
        ? { outcome: "selected", optionId: answer.optionId }
        : { outcome: "cancelled" };
    },

    async onQuestion(request, { signal }) {
      const draft = describeQuestion(request);
      if (draft === null) return { action: "decline" };
      const answer = await ask(draft, signal);
      if (answer === null || "optionId" in answer) return { action: "cancel" };
      const { content } = answer;
      return content === null ? { action: "decline" } : { action: "accept", content };
    },
  };
  return limitOpen(desk);
}

/** What an agent asks beyond `REQUESTS_OPEN_MAX` is cancelled at once. */
function limitOpen({ onPermission, onQuestion }: RequestDesk): RequestDesk {
  let openCount = 0;
  const count = async <Answer>(decide: () => Answer | Promise<Answer>, refused: Answer) => {
    if (openCount >= REQUESTS_OPEN_MAX) return refused;
    openCount += 1;
    try {
      return await decide();
    } finally {
      openCount -= 1;
    }
  };
  return {
    onPermission: (request, options) =>
      count(() => onPermission(request, options), { outcome: "cancelled" }),
    onQuestion: (request, options) =>
      count(() => onQuestion(request, options), { action: "cancel" }),
  };
}

type Lane = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** One piece of work after the other, in the order in which they came. */
function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

interface AllowedOptions extends DeskOptions {
  ruleKey: string | null;
  signal: AbortSignal;
}

async function isAllowed(
  { database }: Needs,
  { ownership: { sessionId, generation }, ruleKey, signal }: AllowedOptions,
): Promise<boolean> {
  const read = () => database.sql<{ isAllowed: boolean }[]>`
    select permissions = 'allow' or exists (
      select from permission_rules
      where session_id = sessions.id and permission_rules.generation = sessions.generation
        and rule_key = ${ruleKey}
    ) as "isAllowed"
    from sessions where id = ${sessionId} and generation = ${generation}`;
  const [row] = await outlastOutage(read, signal);
  return row?.isAllowed ?? false;
}

interface AskOptions extends DeskOptions {
  draft: RequestDraft;
  signal: AbortSignal;
  inTurn: Lane;
}

/** Null when the turn ended before anybody answered. */
async function askPerson(
  services: Needs,
  { ownership, executionId, draft, signal, inTurn }: AskOptions,
): Promise<AgentRequestAnswer | null> {
  const { database, bus } = services;
  const { sessionId } = ownership;
  const requestId = createRequestId();
  const isNews = (news: { kind: string; sessionId?: string }) =>
    news.kind === "wake" && news.sessionId === sessionId;
  const inbox = openInbox(bus, isNews);
  try {
    const store = () =>
      changeOwnSession(services, ownership, async (tx) => {
        if (signal.aborted) return false;
        return insertRequest(tx, { ownership, executionId, draft, requestId });
      });
    const isStored = await inTurn(async () => !signal.aborted && outlastOutage(store, signal));
    if (!isStored) return null;
    for (;;) {
      const read = () => database.sql<{ state: string; answer: AgentRequestAnswer | null }[]>`
        select state, answer from permission_requests where id = ${requestId}`;
      const [row] = await inTurn(() => outlastOutage(read, signal));
      // Cancelled with the turn: the agent is told once it hears of that, or it could go on as if nothing had happened.
      const isOpen = row?.state === "pending" || row?.state === "cancelled";
      if (!isOpen) return row?.answer ?? null;
      if (signal.aborted) return null;
      await inbox.wait(signal);
    }
  } finally {
    inbox.close();
  }
}

interface NewRequest extends DeskOptions {
  draft: RequestDraft;
  requestId: string;
}

/** False where no turn is running, or too much was asked already. Safe to run twice. */
async function insertRequest(
  tx: TransactionSql,
  { ownership: { sessionId, generation }, executionId, draft, requestId }: NewRequest,
): Promise<boolean> {
  const [session] = await tx<{ isTaken: boolean }[]>`
    select exists (
      select from prompts
      where session_id = ${sessionId} and generation = ${generation}
        and status in ('delivered', 'started') and interrupt_requested_at is null
    ) and ${REQUESTS_PENDING_MAX} > (
      select count(*) from permission_requests
      where session_id = ${sessionId} and generation = ${generation} and state = 'pending'
        and id <> ${requestId}
    ) as "isTaken"`;
  if (!session?.isTaken) return false;
  await tx`
    insert into permission_requests (
      id, session_id, generation, execution_id, kind, tool_call_id, tool_kind, title, summary,
      options, fields, rule_key
    ) values (
      ${requestId}, ${sessionId}, ${generation}, ${executionId}, ${draft.kind},
      ${draft.toolCallId}, ${draft.toolKind}, ${draft.title}, ${draft.summary},
      ${JSON.stringify(draft.options)}::text::jsonb, ${JSON.stringify(draft.fields)}::text::jsonb,
      ${draft.ruleKey}
    )
    on conflict do nothing`;
  // Before its first prompt has started a session is still preparing; that it needs somebody is told with the start.
  await tx`
    update sessions
    set status = case status when 'working' then 'needs_you' else status end, silent_since = null
    where id = ${sessionId} and status in ('preparing', 'working')`;
  // It may have been allowed since that was looked at.
  await answerAllowed(tx, { sessionId, generation }, null);
  return true;
}
