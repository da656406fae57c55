import { isAllowedHost, type Repository } from "#lib/repository.ts";

/** The addresses that were asked from the repository on, each named by the one before it; the last is the one to ask. */
export type Way = readonly URL[];

/**
 * Whether the team's credential may go along: all of the way is at the repository's own server, and leads to what lies
 * beside it there. Another server on the way would choose what the credential opens.
 */
export function mayHaveCredential(repository: Repository, way: Way): boolean {
  const url = way.at(-1);
  return (
    url !== undefined &&
    repository.kind !== "path" &&
    way.every(({ origin }) => origin === new URL(repository.url).origin) &&
    isBeside(new URL(repository.url).pathname, url.pathname)
  );
}

/** Whether the end of the way may be private where the configuration allows it: not if a public stranger names it. */
export function mayBePrivate(
  { kind, url }: Repository,
  way: Way,
  allowedPrivateHosts: readonly string[],
): boolean {
  const own = kind === "path" ? null : new URL(url).origin;
  return way
    .slice(0, -1)
    .every((hop) => hop.origin === own || isAllowedHost(hop, allowedPrivateHosts));
}

/** Below the repository, or in its folder; not where a server may read the path otherwise than we do. */
function isBeside(repositoryPath: string, path: string): boolean {
  const own = repositoryPath.replace(/\.git$/, "");
  const folder = own.slice(0, own.lastIndexOf("/") + 1);
  const isBelow = (start: string, text: string) =>
    text.startsWith(start) && !/[%;]/.test(text.slice(start.length));
  if (isBelow(`${own}.git/`, path)) return true;
  return folder !== "/" && isBelow(folder.toLowerCase(), path.toLowerCase());
}
