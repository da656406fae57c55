const SLUG_MAX_CHARACTERS = 40;
const DEFAULT_PATTERN = "millrace/{title}-{id}";

/**
 * The branch that the agent works on: a pattern with the words of the title for `{title}` and the end of the session id
 * for `{id}`; short enough to read, and different for every session. What we put in is lower case, because some file
 * systems keep branches apart by nothing else.
 */
export function workBranchOf(
  sessionId: string,
  title: string,
  pattern: string | null = null,
): string {
  const slug = title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_MAX_CHARACTERS)
    .replace(/^-+|-+$/g, "");
  const suffix = sessionId.slice(-6).toLowerCase();
  // Without words nothing of what joins them stays.
  const words = slug === "" ? /\{title\}[-_/]?/g : /\{title\}/g;
  return (pattern ?? DEFAULT_PATTERN)
    .replace(words, slug)
    .replaceAll("{id}", suffix)
    .replace(/[-_/]+$/, "");
}
