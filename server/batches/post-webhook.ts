import { createHmac } from "node:crypto";
import { type LookupAddress, lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { isAddress, isPublicAddress } from "#lib/public-address.ts";
import { isAllowedHost } from "#lib/repository.ts";

const ANSWER_MS = 10_000;

export interface WebhookMessage {
  url: string;
  /** `whsec_` and base64. */
  secret: string;
  messageId: string;
  body: string;
}

interface PostOptions {
  /** `host` or `host:port` that may be private. */
  allowedPrivateHosts: readonly string[];
  signal: AbortSignal;
}

/**
 * Posts a message, signed as Standard Webhooks 1.0 has it. Resolves with null when it was taken (2xx), else with why not,
 * in words that are safe to show. Redirects are not followed, and private addresses not visited: the address that was
 * looked at is the one that is used.
 */
export async function postWebhook(
  message: WebhookMessage,
  { allowedPrivateHosts, signal }: PostOptions,
): Promise<string | null> {
  const url = new URL(message.url);
  const isAllowed = isAllowedHost(url, allowedPrivateHosts);
  if (!isAllowed && isAddress(url.hostname) && !isPublicAddress(url.hostname)) return NOT_PUBLIC;
  const over = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const timestamp = Math.floor(Date.now() / 1_000);
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const sent = send(url, {
      method: "POST",
      agent: false,
      signal: over,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(message.body),
        "user-agent": "Millrace",
        "webhook-id": message.messageId,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(message, timestamp),
      },
      ...(!isAllowed && { lookup: lookUpPublic }),
    });
    sent.on("response", ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 300 ? null : `The address answered ${statusCode}`);
      sent.destroy();
    });
    sent.on("error", (error) => resolve(describe(error, over)));
    sent.end(message.body);
  });
}

const NOT_PUBLIC = "The address is private, and not in ALLOWED_PRIVATE_HOSTS";

/** The message is of what Node says; addresses of this network stay out of it. */
function describe(error: Error, over: AbortSignal): string {
  if (error.message === NOT_PUBLIC) return NOT_PUBLIC;
  if (over.aborted) return "The address did not answer in time";
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  return `The address could not be reached (${code})`;
}

function sign({ secret, messageId, body }: WebhookMessage, timestamp: number): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const hash = createHmac("sha256", key).update(`${messageId}.${timestamp}.${body}`);
  return `v1,${hash.digest("base64")}`;
}

/** Fails for a name of which any address is not public. */
const lookUpPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const [first] = found ?? [];
    if (error || !first) return callback(error ?? new Error("No address"), "", 4);
    if (!found.every(({ address }) => isPublicAddress(address)))
      return callback(new Error(NOT_PUBLIC), "", 4);
    if (options.all) callback(null, found);
    else callback(null, first.address, first.family);
  });
};
