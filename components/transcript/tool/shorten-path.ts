/** The folder that the agent works in: everything up to the session's id and generation, and a `repository` below it. */
const WORKSPACE =
  /(^|[\s"'=:])(?:\/[^\s"'/]+)*\/ses_[0-9A-Za-z]{26}(?:-\d+)?\/(?:repository\/|workspace\/)?/g;

/** Paths inside the session's workspace as the repository knows them: `src/main.ts`. */
export function shortenPath(text: string): string {
  return text.includes("/ses_") ? text.replaceAll(WORKSPACE, "$1") : text;
}
