import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { AppError, isAppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import {
  type AddressRules,
  type CheckedAddress,
  checkRepositoryAddress,
} from "#server/workspaces/check-repository-address.ts";
import type { GitCredential } from "#server/workspaces/git-credential.ts";
import { sendPinned } from "#server/workspaces/send-pinned.ts";
import { mayBePrivate, mayHaveCredential, type Way } from "./own-server.ts";

/** With what a Git LFS server, and where it keeps its files, may be asked. */
export interface LfsAccess {
  /** The team's credential goes to what is beside it at its server, and nowhere else. */
  repository: Repository;
  rules: AddressRules;
}

interface LfsRequest {
  method: "GET" | "POST" | "PUT";
  headers: Record<string, string>;
  /** Opened once for each server on the way. */
  openBody?(): string | Readable;
  /** What was asked until a server named this address; nothing where the repository does. */
  way: Way;
}

export interface LfsAnswer {
  response: IncomingMessage;
  /** To who answered. */
  way: Way;
}

const REDIRECTS_MAX = 5;
/** Those that mean the same request at another place, as 303 does for who only reads. */
const REDIRECTS: readonly number[] = [301, 302, 307, 308];
const IDLE_MS = 60_000;
/** What an action of the server may not say for us. */
const OWN_HEADER =
  /^(?:host|connection|content-length|transfer-encoding|expect|te|upgrade|cookie)$/i;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
// oxlint-disable-next-line no-control-regex
const HEADER_VALUE = /^[\u0020-\u007e]{0,8192}$/;

/**
 * Asks for an address that a server has named, which passes the checks of a repository's address, and so does every
 * other one that it leads to. Answers a success, once the body has been sent whole, and the caller reads what came; throws
 * what else comes, with the status.
 */
export async function sendToLfs(
  access: LfsAccess,
  text: string,
  request: LfsRequest,
): Promise<LfsAnswer> {
  let url = parseAddress(text);
  let { headers, way } = request;
  for (let count = 0; count <= REDIRECTS_MAX; count += 1) {
    way = [...way, url];
    const response = await sendOnce(access, url, { ...request, headers, way });
    const location = findRedirect(response, request.method);
    if (location === null) return { response, way };
    response.destroy();
    const next = parseAddress(location, url);
    // What was meant for one server is nothing for another.
    if (next.origin !== url.origin) headers = withoutAuthorization(headers);
    url = next;
  }
  throw new AppError("unavailable", "The Git LFS server redirects too often", {
    details: { reason: "network" },
  });
}

async function sendOnce(
  access: LfsAccess,
  url: URL,
  { method, headers, openBody, way }: LfsRequest,
): Promise<IncomingMessage> {
  const { signal } = access.rules;
  const checked = await checkAddress(access, url, way);
  const credential = await findCredential(access, { url, way, headers });
  const response = await sendPinned(url, checked, {
    method,
    headers: {
      "user-agent": "git-lfs/3 (millrace)",
      "accept-encoding": "identity",
      ...(credential && { authorization: basic(credential) }),
      ...headers,
    },
    ...(openBody && { body: openBody() }),
    idleMs: IDLE_MS,
    signal,
  });
  const status = response.statusCode ?? 0;
  if (status < 300 || findRedirect(response, method) !== null) return response;
  response.destroy();
  if (credential && (status === 401 || status === 403)) access.rules.onRefused?.(credential);
  throw failureOf(status, url);
}

/** Where the same request shall go; null for any other answer. */
function findRedirect(
  { statusCode = 0, headers }: IncomingMessage,
  method: LfsRequest["method"],
): string | null {
  const isMeant = REDIRECTS.includes(statusCode) || (statusCode === 303 && method === "GET");
  return (isMeant && headers.location) || null;
}

async function checkAddress(
  { repository, rules }: LfsAccess,
  url: URL,
  way: Way,
): Promise<CheckedAddress> {
  const { allowedPrivateHosts } = rules;
  const isMeant = mayBePrivate(repository, way, allowedPrivateHosts);
  try {
    return await checkRepositoryAddress(
      url,
      isMeant ? rules : { ...rules, allowedPrivateHosts: [] },
    );
  } catch (cause) {
    if (!isAppError(cause) || cause.code !== "invalid_input") throw cause;
    throw refusedAddress(url, cause);
  }
}

async function findCredential(
  { repository, rules }: LfsAccess,
  { url, way, headers }: { url: URL; way: Way; headers: Record<string, string> },
): Promise<GitCredential | null> {
  if (Object.keys(headers).some((name) => name.toLowerCase() === "authorization")) return null;
  if (!mayHaveCredential(repository, way)) return null;
  return (await rules.findCredential?.(url.origin + url.pathname)) ?? null;
}

const basic = ({ username, token }: GitCredential) =>
  `Basic ${Buffer.from(`${username}:${token}`).toString("base64")}`;

/** What an action says that it needs, without what is ours to say. Throws for what is no header. */
export function readHeaders(headers: Record<string, string> = {}): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !OWN_HEADER.test(name));
  const isPlain = entries.every(
    ([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value),
  );
  if (!isPlain) throw strange();
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

const withoutAuthorization = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));

function parseAddress(text: string, base?: URL): URL {
  if (!URL.canParse(text, base)) throw strange();
  const url = new URL(text, base);
  if (url.username !== "" || url.password !== "" || !/^https?:$/.test(url.protocol)) {
    throw refusedAddress(url);
  }
  return url;
}

const refusedAddress = ({ host }: URL, cause?: unknown) =>
  new AppError(
    "invalid_input",
    `Files in Git LFS would come from or go to ${host || "no host"}, an address that is private or without https and not allowed on this server`,
    { details: { reason: "lfs_address" }, cause },
  );

export const strange = (cause?: unknown) =>
  new AppError("unavailable", "The Git LFS server's answer cannot be understood", {
    details: { reason: "lfs_answer" },
    cause,
  });

function failureOf(status: number, { host }: URL): AppError {
  const details = { status };
  if (status === 401 || status === 403) {
    const message = `The Git LFS server at ${host} refused access`;
    return new AppError("forbidden", message, {
      details: { ...details, reason: "authentication" },
    });
  }
  if (status === 404 || status === 410 || status === 501) {
    const message = `There is no Git LFS for this repository at ${host}, or no access to it`;
    return new AppError("not_found", message, { details: { ...details, reason: "lfs_missing" } });
  }
  if (status === 429) {
    const message = `The Git LFS server at ${host} asks to come back later`;
    return new AppError("rate_limited", message, {
      details: { ...details, reason: "rate_limited" },
    });
  }
  const message = `The Git LFS server at ${host} answered with the status ${status}`;
  const code = status >= 500 ? "unavailable" : "forbidden";
  return new AppError(code, message, { details: { ...details, reason: "lfs_refused" } });
}
