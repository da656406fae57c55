import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

interface PageHeaderOptions {
  isDevelopment: boolean;
  /** Pages of other sites may show this one inside of them. */
  canEmbed?: boolean;
}

/**
 * Headers of a page, with its nonce. Next.js takes the nonce from the policy on the request, so the
 * same policy is put there. In development its tools need `eval`.
 */
export function setPageHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  { isDevelopment, canEmbed = false }: PageHeaderOptions,
): void {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    // Attributes, not sheets: React writes them while it renders on the server.
    "style-src-attr 'unsafe-inline'",
    // What an item holds as a `data:` URL comes by a route of ours, which has looked at what it is.
    "img-src 'self'",
    "connect-src 'self' ws: wss:",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${canEmbed ? "*" : "'none'"}`,
  ].join("; ");
  request.headers["content-security-policy"] = policy;
  request.headers["x-nonce"] = nonce;
  setPolicy(response, policy);
  if (canEmbed) response.removeHeader("x-frame-options");
}

/** Besides those of a page or of data: what is read through a share is kept by nobody, found by nobody, told to nobody. */
export function setShareHeaders(response: ServerResponse): void {
  response.setHeader("cache-control", "no-store");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("x-robots-tag", "noindex, nofollow, noarchive, nosnippet");
}

/** Headers of answers that are data: a browser that shows one as a page loads and runs nothing. */
export function setDataHeaders(response: ServerResponse): void {
  setPolicy(response, "default-src 'none'; frame-ancestors 'none'; sandbox");
}

/** The same for data that pages of ours show in a frame, such as a PDF in the browser's own viewer. */
export function setFramedDataHeaders(response: ServerResponse): void {
  setPolicy(response, "default-src 'none'; frame-ancestors 'self'; sandbox");
  response.setHeader("x-frame-options", "SAMEORIGIN");
}

function setPolicy(response: ServerResponse, policy: string): void {
  response.setHeader("content-security-policy", policy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "same-origin");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("cross-origin-opener-policy", "same-origin");
}
