import { timingSafeEqual } from "node:crypto";
import { AppError } from "#lib/errors.ts";
import { ANSWER_LIMIT_MS, answerWithin } from "#server/database/answer-within.ts";
import type { Database } from "#server/database/database.ts";
import { findShare, type Share } from "./find-share.ts";
import { readServerKey, signWith } from "./server-key.ts";
import { isPassword } from "./share-password.ts";

/** How long a password need not be typed again. */
const UNLOCKED_S = 12 * 3_600;
const COOKIE_NAME = "millrace_share";

/** The one answer to everything that does not open: unknown, taken back, expired, locked, wrong password. */
export const shareNotFound = () =>
  new AppError("not_found", "This link does not open anything, or not without its password");

/** The share that the token opens for whoever sent the cookies; null for every reason that it may not. Throws `unavailable` when the database says nothing. */
export async function openShare(
  database: Database,
  { token, cookieHeader }: { token: string; cookieHeader: string | undefined },
): Promise<Share | null> {
  const [share, key] = await answerWithin(
    ANSWER_LIMIT_MS,
    Promise.all([findShare(database, token), readServerKey(database)]),
  );
  if (share === null || share.passwordHash === null) return share;
  return isUnlocked(key, share, cookieHeader) ? share : null;
}

/** `openShare`, or throws `not_found`. */
export async function getShare(
  database: Database,
  asked: { token: string; cookieHeader: string | undefined },
): Promise<Share> {
  const share = await openShare(database, asked);
  if (share === null) throw shareNotFound();
  return share;
}

/**
 * Tries a password. Answers with the cookies that open the share, one for its page and one for what the page reads; null
 * when it does not, after the same work for every reason.
 */
export async function unlockShare(
  database: Database,
  { token, password, secure }: { token: string; password: string; secure: boolean },
): Promise<string[] | null> {
  const [share, key] = await Promise.all([findShare(database, token), readServerKey(database)]);
  const isRight = await isPassword(password, share?.passwordHash ?? null);
  if (!isRight || share === null) return null;
  const expiresAtS = Math.floor(Date.now() / 1_000) + UNLOCKED_S;
  const value = `${expiresAtS}.${signCookie(key, share, expiresAtS).toString("base64url")}`;
  return [`/share/${token}`, `/api/v1/shares/${token}`].map(
    (path) =>
      `${COOKIE_NAME}=${value}; Path=${path}; HttpOnly; SameSite=Lax; Max-Age=${UNLOCKED_S}${secure ? "; Secure" : ""}`,
  );
}

/** Another link or another password of the same share makes it worthless. */
const signCookie = (key: Buffer, { shareId, version, passwordHash }: Share, expiresAtS: number) =>
  signWith(key, "share-cookie", [shareId, version, passwordHash, expiresAtS].join("\0"));

function isUnlocked(key: Buffer, share: Share, cookieHeader: string | undefined): boolean {
  return (cookieHeader ?? "").split(";").some((pair) => {
    const [name, value = ""] = pair.trim().split("=", 2);
    const [expiresAtS = "", digest = ""] = value.split(".", 2);
    if (name !== COOKIE_NAME || !(Number(expiresAtS) > Date.now() / 1_000)) return false;
    const given = Buffer.from(digest, "base64url");
    const expected = signCookie(key, share, Number(expiresAtS));
    return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
  });
}
