const SLUG_MAX_CHARACTERS = 40;

/**
 * The branch that the agent works on, `millrace/<words of the title>-<end of the session id>`: short enough to read,
 * and different for every session. Lower case, because some file systems keep branches apart by nothing else.
 */
export function workBranchOf(sessionId: string, title: string): string {
  const slug = title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_MAX_CHARACTERS)
    .replace(/^-+|-+$/g, "");
  const suffix = sessionId.slice(-6).toLowerCase();
  return `millrace/${slug === "" ? suffix : `${slug}-${suffix}`}`;
}
