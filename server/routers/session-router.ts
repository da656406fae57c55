import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { SESSIONS_AT_ONCE_MAX } from "#lib/limits.ts";
import { filings } from "#lib/shelf.ts";
import { requireSession, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { attachmentIds } from "#server/attachments/attachment-ids.ts";
import { editPrompt } from "#server/sessions/edit-prompt.ts";
import { createLiveTicket } from "#server/live/tickets.ts";
import type { Services } from "#server/services.ts";
import { searchSessions } from "#server/search/search-sessions.ts";
import { chooseOption, readAgentSettings } from "#server/sessions/agent-settings.ts";
import { externalName } from "#server/sessions/create-session.ts";
import { fileSessions } from "#server/sessions/file-sessions.ts";
import { findLinkedSession } from "#server/sessions/find-linked-session.ts";
import { listFacets } from "#server/sessions/list-facets.ts";
import { listChildren, listSessions } from "#server/sessions/list-sessions.ts";
import { markRead } from "#server/sessions/mark-read.ts";
import {
  initiateSession,
  renameSession,
  retryPreparation,
  updateSession,
} from "#server/sessions/manage-session.ts";
import {
  messageId,
  newSession,
  promptText,
  sessionId,
  sessionTitle,
  sessionUpdate,
} from "#server/sessions/new-session.ts";
import { searchText, sessionFilters } from "#server/sessions/session-filters.ts";
import {
  cancelPrompt,
  interruptTurn,
  retryPrompt,
  sendPrompt,
} from "#server/sessions/prompt-queue.ts";
import { readSessionState } from "#server/sessions/read-session-state.ts";
import { deleteSession, discardSession } from "#server/sessions/remove-session.ts";
import { startSession } from "#server/sessions/start-session.ts";
import { waitForSession } from "#server/sessions/wait-for-session.ts";
import { procedure, router } from "./trpc.ts";

const PAGE_SESSIONS_MAX = 100;
const ID_MAX_CHARACTERS = 256;

/** Of the state that told of them: what is kept of another version is asked for again. */
const settingsVersion = z.number().int().min(0);
const optionText = z.string().max(ID_MAX_CHARACTERS);
const theSession = z.object({ sessionId: z.string() });
const thePrompt = theSession.extend({ messageId });

interface Caller {
  services: Services;
  viewer: Viewer;
}

const access = ({ services, viewer }: Caller, id: string, action: SessionAction) =>
  requireSession(services.database, viewer, { sessionId: id, action });

export const sessionRouter = router({
  /**
   * Starts a session and answers after one transaction. Cloning and everything else slow happens in the
   * `run-session` job; its progress arrives over the session's live topic.
   */
  start: procedure
    .input(newSession)
    .output(z.object({ sessionId }))
    .mutation(async ({ ctx, input }) => {
      const started = await startSession(ctx.services, ctx.viewer, input);
      if (input.mode === "sync")
        await waitForSession(ctx.services, started.sessionId, ctx.callerGone());
      return started;
    }),

  get: procedure.input(theSession).query(async ({ ctx, input }) => {
    await access(ctx, input.sessionId, "read");
    const state = await readSessionState(ctx.services.database, input.sessionId);
    if (!state) throw new AppError("not_found", "There is no such session");
    return state;
  }),

  /** One page of the team's sessions; with `query` those in which it is found, best first, whatever `order` says. */
  list: procedure
    .input(
      sessionFilters.extend({
        cursor: z.string().max(100).nullish(),
        limit: z.number().int().min(1).max(PAGE_SESSIONS_MAX).default(30),
        query: searchText.optional(),
        order: z.enum(["pinned", "recent"]).default("pinned"),
        isGrouped: z.boolean().default(false),
      }),
    )
    .query(({ ctx, input }) => {
      const { query = "", order, isGrouped, limit, cursor, ...filters } = input;
      const { database } = ctx.services;
      return query === ""
        ? listSessions(database, ctx.viewer, { filters, order, isGrouped, limit, cursor })
        : searchSessions(database, ctx.viewer, { filters, query, limit, cursor });
    }),

  /** Sessions that say they belong to this one. */
  children: procedure.input(theSession).query(async ({ ctx, input }) => {
    const session = await access(ctx, input.sessionId, "read");
    return listChildren(ctx.services.database, ctx.viewer, session);
  }),

  /** Our id of a session that this one names in what its agent wrote; null when it is not here. */
  linked: procedure
    .input(theSession.extend({ name: externalName }))
    .query(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "read");
      return findLinkedSession(ctx.services.database, session, input.name);
    }),

  /** What lists can be narrowed by. */
  facets: procedure.query(({ ctx }) => listFacets(ctx.services.database, ctx.viewer)),

  /** Pins, archives, throws away … up to 200 sessions, with an answer for each. */
  file: procedure
    .input(
      z.object({
        filing: z.enum(filings),
        sessionIds: z.array(z.string().max(ID_MAX_CHARACTERS)).min(1).max(SESSIONS_AT_ONCE_MAX),
      }),
    )
    .mutation(({ ctx, input }) => fileSessions(ctx.services, ctx.viewer, input)),

  /** The viewer has seen the session up to `seq`. */
  markRead: procedure
    .input(theSession.extend({ seq: z.number().int().min(0) }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "read");
      await markRead(ctx.services.database, ctx.viewer, { access: session, seq: input.seq });
    }),

  rename: procedure
    .input(theSession.extend({ title: sessionTitle }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      await renameSession(ctx.services, session, input.title);
    }),

  /** Until the session is initiated. */
  update: procedure.input(sessionUpdate).mutation(async ({ ctx, input }) => {
    await updateSession(ctx.services, await access(ctx, input.sessionId, "write"), input);
  }),

  initiate: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    await initiateSession(ctx.services, await access(ctx, input.sessionId, "write"));
  }),

  sendPrompt: procedure
    .input(thePrompt.extend({ text: promptText, attachments: attachmentIds.optional() }))
    .output(z.object({ messageId }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      return sendPrompt(ctx.services, { viewer: ctx.viewer, access: session, prompt: input });
    }),

  /** Lists of what can be chosen in the session's agent, and its slash commands; null before the agent has said. */
  agentSettings: procedure
    .input(theSession.extend({ version: settingsVersion }))
    .query(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "read");
      return readAgentSettings(ctx.services.database, session);
    }),

  /** A mode, a model, …, for the next prompt on. */
  chooseOption: procedure
    .input(theSession.extend({ optionId: optionText, value: optionText }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      await chooseOption(ctx.services, session, input);
    }),

  cancelPrompt: procedure.input(thePrompt).mutation(async ({ ctx, input }) => {
    const session = await access(ctx, input.sessionId, "write");
    await cancelPrompt(ctx.services, { access: session, messageId: input.messageId });
  }),

  /** Changes the words of a prompt that waits. */
  editPrompt: procedure
    .input(thePrompt.extend({ text: promptText }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      await editPrompt(ctx.services, { access: session, prompt: input });
    }),

  retryPrompt: procedure
    .input(thePrompt)
    .output(z.object({ messageId }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "write");
      return retryPrompt(ctx.services, { access: session, messageId: input.messageId });
    }),

  retryPreparation: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    await retryPreparation(ctx.services, await access(ctx, input.sessionId, "write"));
  }),

  interrupt: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    await interruptTurn(ctx.services, await access(ctx, input.sessionId, "write"));
  }),

  discard: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    await discardSession(ctx.services, await access(ctx, input.sessionId, "write"));
  }),

  delete: procedure.input(theSession).mutation(async ({ ctx, input }) => {
    await deleteSession(ctx.services, await access(ctx, input.sessionId, "write"));
  }),

  /** A single-use ticket for a live socket without a cookie. */
  liveTicket: procedure
    .input(theSession)
    .output(z.object({ ticket: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const session = await access(ctx, input.sessionId, "read");
      const ticket = await createLiveTicket(ctx.services.database, {
        userId: ctx.viewer.userId,
        teamId: ctx.viewer.teamId,
        sessionId: session.sessionId,
      });
      return { ticket };
    }),
});
