import { REPOSITORY_MAX_CHARACTERS } from "#lib/limits.ts";

/** `git@host:path`, as hosts print it: the user is no secret, and nothing else fits in. */
const SCP_ORIGIN = /^(git@[A-Za-z0-9.-]+:[^\s?#:@\\]+)(?:[?#].*)?$/;

/**
 * Where a session says that its code comes from, fit to be shown to everybody who may read it: `http(s)` without user,
 * password, query and fragment, or `git@host:path`. Null for everything else: other schemes, folders of somebody's
 * machine, what is too long or no address at all.
 */
export function cleanGitOrigin(value: unknown): string | null {
  if (typeof value !== "string" || value.length > REPOSITORY_MAX_CHARACTERS) return null;
  const text = value.trim();
  const scp = SCP_ORIGIN.exec(text)?.[1];
  if (scp !== undefined) return scp;
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  return url.href.length > REPOSITORY_MAX_CHARACTERS ? null : url.href;
}
