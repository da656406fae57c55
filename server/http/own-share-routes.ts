import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { createShareId, isShareId } from "#lib/ids.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import type { Services } from "#server/services.ts";
import { changeShare, shareChange } from "#server/shares/change-share.ts";
import { shareSession } from "#server/shares/create-share.ts";
import { findShareSummary, pageShares } from "#server/shares/list-shares.ts";
import {
  findShareToken,
  revokeShare,
  rotateShareToken,
  shareMissing,
} from "#server/shares/manage-shares.ts";
import { newShare } from "#server/shares/new-share.ts";
import { listFindings, type SecretFindings } from "#server/shares/redaction/list-findings.ts";
import { queryOf, readJson, requireCaller, sendJson } from "./api-exchange.ts";
import type { Exchange, Route, RouteHandler } from "./api-route.ts";
import { parseRequest } from "./parse-request.ts";

const REQUEST_MAX_BYTES = 65_536;
const PAGE_SHARES = 50;
const PAGE_SHARES_MAX = 200;

const shareId = z.string().refine(isShareId, "The id of the share is malformed");
const listQuery = z.strictObject({
  sessionId: z.string().max(64).optional(),
  after: shareId.optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_SHARES_MAX).default(PAGE_SHARES),
});

/** Shares, as programs of whoever makes them manage them (scope `share`); see `docs/shares.md`. */
export const ownShareRoutes: Route[] = [
  {
    path: /^\/api\/v1\/shares$/,
    methods: {
      /** 201 for a new share, 200 for the one that the same id and wishes made. */
      async POST({ services }, { request, response }) {
        const viewer = await requireCaller(services, request, "share");
        const asked = await readJson(request, REQUEST_MAX_BYTES);
        const wishes = parseRequest(newShare, withId(asked));
        const { isNew, token } = await shareSession(services.database, viewer, wishes);
        await sendShare(services, {
          response,
          viewer,
          id: wishes.shareId,
          token,
          status: isNew ? 201 : 200,
          secrets: await countSecrets(services.database, viewer, wishes.sessionId),
        });
      },
      async GET({ services }, { request, response }) {
        const viewer = await requireCaller(services, request, "share");
        const query = parseRequest(listQuery, queryOf(request));
        sendJson(response, 200, await pageShares(services.database, viewer, query));
      },
    },
  },
  {
    path: /^\/api\/v1\/shares\/(shr_[^/]{1,100})$/,
    methods: {
      GET: answerFor(async ({ services, viewer, id, response }) => {
        const token = await findShareToken(services.database, viewer, id);
        await sendShare(services, { response, viewer, id, token, status: 200 });
      }),
      PATCH: answerFor(async ({ services, viewer, id, response, request }) => {
        const change = parseRequest(shareChange, await readJson(request, REQUEST_MAX_BYTES));
        await changeShare(services.database, viewer, { shareId: id, change });
        const token = await findShareToken(services.database, viewer, id);
        await sendShare(services, { response, viewer, id, token, status: 200 });
      }),
      /** Takes it back; it stays in the list. */
      DELETE: answerFor(async ({ services, viewer, id, response }) => {
        await revokeShare(services.database, viewer, id);
        await sendShare(services, { response, viewer, id, token: null, status: 200 });
      }),
    },
  },
  {
    path: /^\/api\/v1\/shares\/(shr_[^/]{1,100})\/rotate$/,
    methods: {
      /** Another link; the old one opens nothing from now on. */
      POST: answerFor(async ({ services, viewer, id, response }) => {
        const { token } = await rotateShareToken(services.database, viewer, id);
        await sendShare(services, { response, viewer, id, token, status: 200 });
      }),
    },
  },
];

/** The id may be left out by whoever does not ask again. */
const withId = (asked: unknown): unknown =>
  typeof asked === "object" && asked !== null && !Array.isArray(asked)
    ? { shareId: createShareId(), ...asked }
    : asked;

interface Asked {
  services: Services;
  request: IncomingMessage;
  response: Exchange["response"];
  viewer: Viewer;
  id: string;
}

function answerFor(answer: (asked: Asked) => Promise<void>): RouteHandler {
  return async ({ services }, { request, response }, id) => {
    const viewer = await requireCaller(services, request, "share");
    await answer({ services, request, response, viewer, id });
  };
}

interface Answer extends Pick<Asked, "response" | "viewer" | "id"> {
  /** Null where its link is not told: to others than its owner, and of one that is over. */
  token: string | null;
  status: number;
  /** What was found in its session, for whoever makes a link. */
  secrets?: SecretCounts;
}

async function sendShare(
  { database }: Services,
  { response, viewer, id, token, status, ...counts }: Answer,
): Promise<void> {
  const share = await findShareSummary(database, viewer, id);
  if (share === null) throw shareMissing();
  sendJson(response, status, { share, url: token && `/share/${token}`, ...counts });
}

/** Numbers alone: a token that makes links may not read what was found. */
type SecretCounts = Pick<SecretFindings, "definiteCount" | "possibleCount" | "isComplete">;

async function countSecrets(
  database: Database,
  viewer: Viewer,
  sessionId: string,
): Promise<SecretCounts> {
  const access = await requireSession(database, viewer, { sessionId, action: "share" });
  const { definiteCount, possibleCount, isComplete } = await listFindings(database, access);
  return { definiteCount, possibleCount, isComplete };
}
