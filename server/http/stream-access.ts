import type { IncomingMessage } from "node:http";
import { findBearerToken } from "#server/accounts/find-caller.ts";
import { type AccessHolder, findEndedAccess } from "#server/accounts/find-ended-access.ts";
import { isLoginSecure, readLoginCookie } from "#server/accounts/login-cookie.ts";
import { hashSecretToken } from "#server/accounts/secret-token.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { RECHECK_MS, Watchers } from "#server/live/watchers.ts";
import type { Services } from "#server/services.ts";

type Needs = Pick<Services, "database" | "environment" | "log">;

/** One for all who follow streams at a process. */
const watchersOf = new WeakMap<Database, Watchers<AccessHolder>>();

/** The right of somebody to go on reading, asked once a second as long as it is not left. */
export interface WatchedAccess {
  /** Aborted when the login, the token or the membership has ended. */
  ended: AbortSignal;
  leave(): void;
}

export function watchAccess(
  services: Needs,
  { headers }: IncomingMessage,
  { userId, teamId }: Viewer,
): WatchedAccess {
  const { database, environment } = services;
  const secure = isLoginSecure(environment);
  const secret = findBearerToken(headers) ?? readLoginCookie(headers.cookie, { secure });
  const secretHash = secret === null ? null : hashSecretToken(secret);
  const ended = new AbortController();
  const end = () => ended.abort();
  const leave = findWatchers(services, database).add(
    { userId, teamId, secretHash },
    { fail: end, cut: end },
  );
  return { ended: ended.signal, leave };
}

function findWatchers({ log }: Needs, database: Database): Watchers<AccessHolder> {
  let watchers = watchersOf.get(database);
  if (!watchers) {
    const findEnded = (holders: AccessHolder[]) => findEndedAccess(database, holders);
    watchers = new Watchers({ findEnded, recheckMs: RECHECK_MS, log });
    watchersOf.set(database, watchers);
  }
  return watchers;
}
