import { createHash, sign } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { AppError, isAppError } from "#lib/errors.ts";
import type { GitHubApp } from "#lib/github-app.ts";
import {
  type AddressRules,
  checkRepositoryAddress,
} from "#server/workspaces/check-repository-address.ts";
import { sendPinned } from "#server/workspaces/send-pinned.ts";

/** GitHub takes ten minutes at most, and its clock may be ahead or behind. */
const JWT_LIFE_SECONDS = 540;
const CLOCK_SKEW_SECONDS = 60;
/** A token is good for an hour; what begins with one must not outlive it. */
const RENEW_BEFORE_MS = 10 * 60_000;
const ANSWER_MAX_BYTES = 64 * 1024;
const ANSWER_TIMEOUT_MS = 20_000;

const installationToken = z.object({
  token: z
    .string()
    .min(1)
    .max(4_096)
    .regex(/^[\u0021-\u007e]+$/),
  expires_at: z.coerce.date(),
});

interface TokenOptions extends Pick<AddressRules, "allowedPrivateHosts"> {
  app: GitHubApp;
  /** PEM of an RSA key. */
  privateKey: string;
}

interface Issued {
  token: string;
  expiresAtMs: number;
}

/** Of this process, in memory alone; under a digest of what they were asked for with. */
const issued = new Map<string, Issued>();
/** Those that GitHub has not answered for yet. */
const asked = new Map<string, Promise<Issued>>();

/**
 * A token of the installation that is good for ten minutes at least. Asked for once and kept until shortly before its
 * end; those who ask meanwhile share the answer. Throws `forbidden` where GitHub knows no such App or installation,
 * `unavailable` where it does not answer.
 */
export async function getInstallationToken(options: TokenOptions): Promise<string> {
  for (const [key, { expiresAtMs }] of issued)
    if (expiresAtMs - Date.now() <= RENEW_BEFORE_MS) issued.delete(key);
  const key = keyOf(options);
  const known = issued.get(key);
  if (known) return known.token;
  const asking = asked.get(key) ?? askForToken(options);
  asked.set(key, asking);
  try {
    const answer = await asking;
    // Forgotten meanwhile: for those who have waited alone.
    if (asked.get(key) === asking) issued.set(key, answer);
    return answer.token;
  } finally {
    // After a failure the next one asks again.
    if (asked.get(key) === asking) asked.delete(key);
  }
}

/** For an App that was set anew: what it may do may have changed. */
export function forgetInstallation(options: Pick<TokenOptions, "app" | "privateKey">): void {
  const key = keyOf(options);
  issued.delete(key);
  asked.delete(key);
}

/** For a token that a git server has refused: the next one who asks gets another. Others are none of its business. */
export function forgetInstallationToken(token: string): void {
  for (const [key, known] of issued) if (known.token === token) issued.delete(key);
}

function keyOf({ app, privateKey }: Pick<TokenOptions, "app" | "privateKey">): string {
  const { appId, installationId, apiUrl } = app;
  const parts = [appId, installationId, apiUrl, privateKey];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** For all who wait, so that none of them ends it. */
async function askForToken({ app, privateKey, ...rules }: TokenOptions): Promise<Issued> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const installation = encodeURIComponent(app.installationId);
  const url = new URL(`${app.apiUrl}/app/installations/${installation}/access_tokens`);
  const checked = await checkRepositoryAddress(url, { ...rules, signal });
  const response = await sendPinned(url, checked, {
    method: "POST",
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${signAppToken(app.appId, privateKey, Date.now())}`,
      "user-agent": "millrace",
      "x-github-api-version": "2022-11-28",
      "content-length": "0",
    },
    signal,
  });
  const text = await readAnswer(response).catch((cause: unknown) => {
    throw isAppError(cause) ? cause : noToken(0, cause);
  });
  if (response.statusCode !== 201) throw refusal(response.statusCode ?? 0);
  const answer = installationToken.safeParse(parseJson(text));
  if (!answer.success) throw noToken(201);
  return { token: answer.data.token, expiresAtMs: answer.data.expires_at.getTime() };
}

/** A JSON Web Token (RFC 7519) by RS256, as GitHub wants it of an App. */
export function signAppToken(appId: string, privateKey: string, nowMs: number): string {
  const nowSeconds = Math.floor(nowMs / 1_000);
  const claims = {
    iat: nowSeconds - CLOCK_SKEW_SECONDS,
    exp: nowSeconds + JWT_LIFE_SECONDS,
    iss: appId,
  };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw noToken(response.statusCode ?? 0);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const messages = new Map([
  [401, "GitHub does not know the App by this key"],
  [403, "GitHub does not let the App in: its installation may be suspended"],
  [404, "GitHub knows no such installation of the App"],
]);

function refusal(status: number): AppError {
  const message = messages.get(status);
  if (message === undefined) return noToken(status);
  return new AppError("forbidden", message, { details: { reason: "authentication", status } });
}

const noToken = (status: number, cause?: unknown) =>
  new AppError("unavailable", "GitHub gave no token to the App", {
    details: { reason: "network", status },
    cause,
  });
