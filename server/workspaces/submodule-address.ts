import { AppError } from "#lib/errors.ts";
import { parseRepository, type Repository } from "#lib/repository.ts";

interface AddressOptions {
  /** The repository that names the submodule. */
  parent: Repository;
  allowedPrivateHosts: readonly string[];
}

/**
 * Where a submodule is, by what `.gitmodules` says: an https:// address under the rules of every repository, or one
 * relative to its parent's on the same server. An address for ssh is taken for https, because we have no keys. Never a folder
 * of this machine: whoever wrote the repository would choose what its sessions read. Throws `invalid_input`.
 */
export function parseSubmoduleAddress(
  text: string,
  { parent, allowedPrivateHosts }: AddressOptions,
): Repository {
  const isRelative = /^\.\.?\//.test(text);
  if (!isRelative)
    return parseRepository(toHttps(text), { allowLocalPaths: false, allowedPrivateHosts });
  if (parent.kind === "path") throw refusal("leads to a folder of this machine");
  return parseRepository(resolveBeside(text, parent), {
    allowLocalPaths: false,
    allowedPrivateHosts,
  });
}

/** `git@host:owner/name` and `ssh://git@host/owner/name` with https; null for anything else. */
export function fromSsh(text: string): string | null {
  const [, host = "", path = ""] =
    /^ssh:\/\/git@([\w.-]+)\/([^:]+)$/.exec(text) ?? /^git@([\w.-]+):([^/].*)$/.exec(text) ?? [];
  return host === "" ? null : `https://${host}/${path}`;
}

/** What is not for ssh as it is. A bare `owner/name` is a folder to git. */
function toHttps(text: string): string {
  const address = fromSsh(text);
  if (address !== null) return address;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return text;
  throw refusal("is no address");
}

/**
 * Whether a submodule is of its parent's server and owner, the first part of the path: only then may a credential open it.
 * With all that a team's credential opens, anybody's repository could bring the team's others to its sessions.
 */
export function isOfSameOwner(submodule: Repository, parent: Repository): boolean {
  const owner = ownerOf(parent);
  return owner !== null && owner === ownerOf(submodule);
}

/** Null for a folder, and where a server may read the path otherwise than we do. */
function ownerOf({ kind, url }: Repository): string | null {
  if (kind === "path") return null;
  const { origin, pathname } = new URL(url);
  const [owner = "", ...rest] = pathname.slice(1).split("/");
  const isPlain = owner !== "" && rest.length > 0 && !/[%;]/.test(pathname);
  return isPlain ? `${origin}/${owner.toLowerCase()}` : null;
}

function resolveBeside(text: string, { url }: Repository): string {
  const { origin } = new URL(url);
  const path = url.slice(origin.length).split("/").filter(Boolean);
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") path.push(part);
    else if (path.pop() === undefined) throw refusal("leads too far up");
  }
  return `${origin}/${path.join("/")}`;
}

const refusal = (why: string) =>
  new AppError("invalid_input", `The address of a submodule ${why}`, {
    details: { reason: "submodule_address" },
  });
