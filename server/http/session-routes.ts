import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "#lib/errors.ts";
import { requireScopeFor, requireSession, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { broughtSession, createSession } from "#server/sessions/create-session.ts";
import { newSession } from "#server/sessions/new-session.ts";
import { readSessionState } from "#server/sessions/read-session-state.ts";
import { deleteSession } from "#server/sessions/remove-session.ts";
import { startSession } from "#server/sessions/start-session.ts";
import { readJson, requireCaller, sendJson } from "./api-exchange.ts";
import type { Route } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";
import { tellSession } from "./tell-session.ts";

/** A prompt of the greatest length, with its settings. */
const REQUEST_MAX_BYTES = 2 * 1024 * 1024;

/** Sessions, as programs make, read and delete them. */
export const sessionRoutes: Route[] = [
  {
    path: /^\/api\/v1\/sessions$/,
    methods: {
      /** With a prompt: starts one (scope `start`). Without: makes one for items that will be brought (`ingest`). */
      async POST({ services }, { request, response }) {
        const viewer = await requireCaller(services, request);
        const asked = await readJson(request, REQUEST_MAX_BYTES);
        const isStart = typeof asked === "object" && asked !== null && "prompt" in asked;
        if (isStart) await answerStart(services, response, { viewer, asked });
        else await answerCreate(services, response, { viewer, asked });
      },
    },
  },
  {
    path: /^\/api\/v1\/sessions\/([^/]+)$/,
    methods: {
      async GET({ services }, { request, response }, id) {
        const { sessionId } = await requireAccess(services, request, { id, action: "read" });
        const state = await readSessionState(services.database, sessionId);
        if (!state) throw new AppError("not_found", "There is no such session");
        sendJson(response, 200, { session: tellSession(state) });
      },
      /** A tombstone stays: the id is gone until it is made again. */
      async DELETE({ services }, { request, response }, id) {
        await deleteSession(
          services,
          await requireAccess(services, request, { id, action: "write" }),
        );
        response.writeHead(204).end();
      },
    },
  },
];

interface Asked {
  viewer: Viewer;
  asked: unknown;
}

async function answerStart(
  services: Services,
  response: ServerResponse,
  { viewer, asked }: Asked,
): Promise<void> {
  requireScopeFor(viewer, "write");
  const input = parseRequest(newSession, asked);
  if (input.mode === "sync") {
    const message = "Ask for the session until it is ready: this address does not wait";
    throw new AppError("invalid_input", message, { details: { field: "mode" } });
  }
  const { sessionId } = await startSession(services, viewer, input);
  sendJson(response, 201, { sessionId, ...linksOf(sessionId) });
}

/** 201 for a new session, 200 for one that was there. */
async function answerCreate(
  services: Services,
  response: ServerResponse,
  { viewer, asked }: Asked,
): Promise<void> {
  requireScopeFor(viewer, "ingest");
  const brought = parseRequest(broughtSession, asked);
  const { sessionId, isNew } = await createSession(services, viewer, brought);
  sendJson(response, isNew ? 201 : 200, { sessionId, isNew, ...linksOf(sessionId) });
}

async function requireAccess(
  services: Services,
  request: IncomingMessage,
  { id, action }: { id: string; action: SessionAction },
) {
  const viewer = await requireCaller(services, request);
  return requireSession(services.database, viewer, { sessionId: id, action });
}

/** Where to go on with a session. */
export const linksOf = (sessionId: string) => ({
  page: `/sessions/${sessionId}`,
  ingest: `/api/v1/sessions/${sessionId}/ingest`,
});
