import { AppError } from "#lib/errors.ts";
import { parseRepository, type Repository } from "#lib/repository.ts";

interface AddressOptions {
  /** The repository that names the submodule. */
  parent: Repository;
  allowedPrivateHosts: readonly string[];
}

/**
 * Where a submodule is, by what `.gitmodules` says: an https:// address under the rules of every repository, or one
 * relative to its parent's, on the same server or, for a folder, beside it. An address for ssh is taken for https, because
 * we have no keys. Throws `invalid_input`.
 */
export function parseSubmoduleAddress(
  text: string,
  { parent, allowedPrivateHosts }: AddressOptions,
): Repository {
  const isRelative = /^\.\.?\//.test(text);
  if (!isRelative)
    return parseRepository(toHttps(text), { allowLocalPaths: false, allowedPrivateHosts });
  return parseRepository(resolveBeside(text, parent), {
    allowLocalPaths: parent.kind === "path",
    allowedPrivateHosts,
  });
}

/** `git@host:owner/name` and `ssh://git@host/owner/name`; anything else as it is. A bare `owner/name` is a folder to git. */
function toHttps(text: string): string {
  const [, host = "", path = ""] =
    /^ssh:\/\/git@([\w.-]+)\/([^:]+)$/.exec(text) ?? /^git@([\w.-]+):([^/].*)$/.exec(text) ?? [];
  if (host !== "") return `https://${host}/${path}`;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return text;
  throw refusal("is no address");
}

function resolveBeside(text: string, { kind, url }: Repository): string {
  const origin = kind === "path" ? "" : new URL(url).origin;
  const path = url.slice(origin.length).split("/").filter(Boolean);
  // What lies beside a folder is the most that whoever wrote the repository may point at.
  const fewest = kind === "path" ? path.length - 1 : 0;
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") path.push(part);
    else if (path.length <= fewest || path.pop() === undefined) throw refusal("leads too far up");
  }
  return `${origin}/${path.join("/")}`;
}

const refusal = (why: string) =>
  new AppError("invalid_input", `The address of a submodule ${why}`, {
    details: { reason: "submodule_address" },
  });
