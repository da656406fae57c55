import { AppError, isAppError } from "#lib/errors.ts";
import { parseRepository, type Repository } from "#lib/repository.ts";
import { fromSsh } from "#server/workspaces/submodule-address.ts";

/**
 * The address of a Git LFS server that `.lfsconfig` names: https, and private only where the configuration allows it. One
 * for ssh is a repository's, the server beside it is meant. Throws `invalid_input` for an address that is none.
 */
export function parseEndpoint(text: string, allowedPrivateHosts: readonly string[]): string {
  const ofRepository = fromSsh(text);
  const address = ofRepository ?? text;
  try {
    if (!/^https?:/i.test(address)) throw new AppError("invalid_input", "Use an https:// address");
    const rules = { allowLocalPaths: false, allowedPrivateHosts, allowAnyPath: true };
    const endpoint = parseRepository(address, rules);
    return ofRepository === null ? endpoint.url : besideRepository(endpoint);
  } catch (cause) {
    if (!isAppError(cause)) throw cause;
    const message = `The Git LFS server that .lfsconfig names is not accepted: ${cause.message}`;
    throw new AppError("invalid_input", message, { details: { reason: "lfs_address" }, cause });
  }
}

/** `<url>.git/info/lfs`, see git-lfs's docs/api/server-discovery.md. */
export function besideRepository({ url }: Pick<Repository, "url">): string {
  return `${url.endsWith(".git") ? url : `${url}.git`}/info/lfs`;
}
