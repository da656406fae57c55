import { lookup } from "node:dns/promises";
import { AppError } from "#lib/errors.ts";
import { isAddress, isPublicAddress } from "#lib/public-address.ts";
import { isAllowedHost } from "#lib/repository.ts";
import type { GitCredential } from "./git-credential.ts";

const LOOKUP_TIMEOUT_MS = 10_000;

/** Answers all addresses of a host name, as `dns.lookup` does. */
export type ResolveHost = (hostname: string) => Promise<string[]>;

/** What a team has for the server of an address; null for nothing. */
export type FindCredential = (url: string) => Promise<GitCredential | null>;

export interface AddressRules {
  /** `host` or `host:port` that may be private. */
  allowedPrivateHosts: readonly string[];
  /** The system's resolver unless given. */
  resolveHost?: ResolveHost;
  /** Without it servers are asked for what they give to everybody. */
  findCredential?: FindCredential;
  /** Told of a credential that its server did not take, or not for this repository. */
  onRefused?(credential: GitCredential): void;
  signal: AbortSignal;
}

export interface CheckedAddress {
  url: URL;
  addresses: string[];
  /** For `http.curloptResolve`; null where the URL holds an address already. */
  pin: string | null;
}

/**
 * Looks up where a repository's host leads. Throws `invalid_input` when any of its addresses is not public and the
 * configuration does not allow the host, `unavailable` when the name cannot be resolved. The addresses must be used
 * as they are: asking again could lead elsewhere.
 */
export async function checkRepositoryAddress(
  url: URL,
  { allowedPrivateHosts, resolveHost = resolveBySystem, signal }: AddressRules,
): Promise<CheckedAddress> {
  const isAllowed = isAllowedHost(url, allowedPrivateHosts);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isAllowed)) {
    throw new AppError("invalid_input", "The repository's address does not use https");
  }
  if (isAddress(url.hostname)) {
    const address = url.hostname.replace(/^\[(.*)\]$/, "$1");
    assertAllowed([address], isAllowed);
    return { url, addresses: [address], pin: null };
  }
  const addresses = await resolveInTime(url.hostname, resolveHost, signal);
  assertAllowed(addresses, isAllowed);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const list = addresses.map((address) => (address.includes(":") ? `[${address}]` : address));
  return { url, addresses, pin: `${url.hostname}:${port}:${list.join(",")}` };
}

function assertAllowed(addresses: string[], isAllowed: boolean) {
  if (isAllowed || (addresses.length > 0 && addresses.every(isPublicAddress))) return;
  throw new AppError(
    "invalid_input",
    "Repositories on private or local addresses are not allowed on this server",
  );
}

async function resolveInTime(hostname: string, resolveHost: ResolveHost, signal: AbortSignal) {
  signal.throwIfAborted();
  const over = AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_TIMEOUT_MS)]);
  try {
    return await Promise.race([resolveHost(hostname), rejectWhenAborted(over)]);
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError("unavailable", "The repository's host name could not be resolved", {
      details: { reason: "network" },
      cause,
    });
  }
}

const rejectWhenAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

async function resolveBySystem(hostname: string): Promise<string[]> {
  const entries = await lookup(hostname, { all: true, verbatim: true });
  return entries.map((entry) => entry.address);
}
