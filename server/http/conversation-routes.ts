import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { permissionModes } from "#lib/agent-request.ts";
import { AppError } from "#lib/errors.ts";
import { createMessageId } from "#lib/ids.ts";
import { requireSession, type SessionAccess } from "#server/accounts/policy.ts";
import { attachmentIds } from "#server/attachments/attachment-ids.ts";
import { answerRequest } from "#server/permissions/answer-request.ts";
import { changePermissions } from "#server/permissions/permission-rules.ts";
import { answerContent, optionId } from "#server/permissions/request-answer.ts";
import type { Services } from "#server/services.ts";
import { editPrompt } from "#server/sessions/edit-prompt.ts";
import { initiateSession, retryPreparation } from "#server/sessions/manage-session.ts";
import { messageId, promptText } from "#server/sessions/new-session.ts";
import {
  cancelPrompt,
  interruptTurn,
  retryPrompt,
  sendPrompt,
} from "#server/sessions/prompt-queue.ts";
import { getPrompt } from "#server/sessions/get-prompt.ts";
import { readSessionState } from "#server/sessions/read-session-state.ts";
import { readJson, requireCaller, sendJson } from "./api-exchange.ts";
import type { Exchange, Route, RouteHandler } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { tellPrompt, tellRequest } from "./tell-session.ts";

/** A prompt of the greatest length, or an answer with every field filled in. */
const REQUEST_MAX_BYTES = 2 * 1024 * 1024;

const newPrompt = z.strictObject({
  prompt: promptText,
  messageId: messageId.optional(),
  attachments: attachmentIds.optional(),
});
const changedPrompt = z.strictObject({ prompt: promptText });
const newAnswer = z
  .strictObject({
    option: optionId.optional(),
    always: z.boolean().default(false),
    answer: answerContent.optional(),
  })
  .refine(({ option, answer }) => (option === undefined) !== (answer === undefined), {
    error: 'Give either "option" or "answer"',
  })
  .refine(({ option, always }) => !always || option !== undefined, {
    path: ["always"],
    error: 'Only an "option" can be always allowed',
  });
const changedMode = z.strictObject({ permissions: z.enum(permissionModes) });

/** The id behind `/api/v1/sessions/<session>/<what>/`. */
const idAt = ({ pathname }: Exchange) => pathname.split("/")[6] ?? "";

/** What programs say in a session: prompts, answers to what its agent asks, and Stop. */
export const conversationRoutes: Route[] = [
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/prompts$/,
    methods: {
      /** Those that wait, run, or ended without being completed, oldest first. */
      async GET({ services }, { request, response }, sessionId) {
        const { prompts } = await readState(services, request, sessionId);
        sendJson(response, 200, { prompts: prompts.map((prompt) => tellPrompt(prompt)) });
      },
      /** 201 for an accepted one, and for one that was accepted before under the same id. */
      async POST({ services }, { request, response }, sessionId) {
        const who = await mayChange(services, request, sessionId);
        const given = parseRequest(newPrompt, await readJson(request, REQUEST_MAX_BYTES));
        const { prompt: text, messageId: id = createMessageId(), attachments } = given;
        const prompt = { messageId: id, text, attachments };
        sendJson(response, 201, await sendPrompt(services, { ...who, prompt }));
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/prompts\/[^/]+$/,
    methods: {
      /** One, also after it was completed, taken back or sent again. */
      async GET({ services }, exchange, sessionId) {
        const { request, response } = exchange;
        const access = await mayRead(services, request, sessionId);
        const prompt = await getPrompt(services.database, access, idAt(exchange));
        sendJson(response, 200, tellPrompt(prompt));
      },
      /** Other words for a prompt that waits. */
      async PATCH({ services }, exchange, sessionId) {
        const { request, response } = exchange;
        const { access } = await mayChange(services, request, sessionId);
        const { prompt } = parseRequest(changedPrompt, await readJson(request, REQUEST_MAX_BYTES));
        const edited = { messageId: idAt(exchange), text: prompt };
        await editPrompt(services, { access, prompt: edited });
        response.writeHead(204).end();
      },
      /** Takes a prompt back that waits. */
      async DELETE({ services }, exchange, sessionId) {
        const { request, response } = exchange;
        const { access } = await mayChange(services, request, sessionId);
        await cancelPrompt(services, { access, messageId: idAt(exchange) });
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/prompts\/[^/]+\/retry$/,
    methods: {
      /** Sends one again that failed or was stopped; repeats answer the first retry. */
      async POST({ services }, exchange, sessionId) {
        const { request, response } = exchange;
        const { access } = await mayChange(services, request, sessionId);
        const retried = { access, messageId: idAt(exchange) };
        sendJson(response, 201, await retryPrompt(services, retried));
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/permissions$/,
    methods: {
      /** What the agent asked and waits for, oldest first, and whether it asks for leave at all. */
      async GET({ services }, { request, response }, sessionId) {
        const { permissions, requests } = await readState(services, request, sessionId);
        sendJson(response, 200, { permissions, requests: requests.map(tellRequest) });
      },
      /** Whether a person is asked from now on; what waits for leave is answered when all is allowed. */
      async PATCH({ services }, { request, response }, sessionId) {
        const who = await mayChange(services, request, sessionId);
        const { permissions } = parseRequest(
          changedMode,
          await readJson(request, REQUEST_MAX_BYTES),
        );
        await changePermissions(services, who, permissions);
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/permissions\/[^/]+$/,
    methods: {
      /** Counts once: 409 names what was answered before, 410 tells that nobody waits for it any longer. */
      async POST({ services }, exchange, sessionId) {
        const { request, response } = exchange;
        const who = await mayChange(services, request, sessionId);
        const { option, always, answer } = parseRequest(
          newAnswer,
          await readJson(request, REQUEST_MAX_BYTES),
        );
        const requestId = idAt(exchange);
        await answerRequest(services, {
          ...who,
          requestId,
          answer: option === undefined ? { content: answer ?? null } : { optionId: option },
          always,
        });
        sendJson(response, 200, { requestId });
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/interrupt$/,
    methods: { POST: asked(interruptTurn) },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/initiate$/,
    methods: { POST: asked(initiateSession) },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)\/retry$/,
    methods: { POST: asked(retryPreparation) },
  },
];

type Change = (services: Services, access: SessionAccess) => Promise<void>;

/** A change with nothing more to say than that it is asked for: 202, because an actor has to do it. */
function asked(change: Change): RouteHandler {
  return async ({ services }, { request, response }, sessionId) => {
    const { access } = await mayChange(services, request, sessionId);
    await change(services, access);
    response.writeHead(202).end();
  };
}

async function mayChange(services: Services, request: IncomingMessage, sessionId: string) {
  const viewer = await requireCaller(services, request);
  const named = { sessionId, action: "write" } as const;
  return { viewer, access: await requireSession(services.database, viewer, named) };
}

async function mayRead(services: Services, request: IncomingMessage, sessionId: string) {
  const viewer = await requireCaller(services, request);
  return requireSession(services.database, viewer, { sessionId, action: "read" });
}

async function readState(services: Services, request: IncomingMessage, sessionId: string) {
  await mayRead(services, request, sessionId);
  const state = await readSessionState(services.database, sessionId);
  if (!state) throw new AppError("not_found", "There is no such session");
  return state;
}
