/** The folder that the agent works in: everything up to the session's id and generation, and a `repository` below it. */
const WORKSPACE =
  /(^|[\s"'=:])(?:\/[^\s"'/]+)*\/ses_[0-9A-Za-z]{26}(?:-\d+)?\/(?:repository\/|workspace\/)?/g;

/** Paths inside the session's workspace as the repository knows them: `src/main.ts`. */
export function shortenPath(text: string): string {
  return text.includes("/ses_") ? text.replaceAll(WORKSPACE, "$1") : text;
}

/** A longer path shows its end: that is what tells it from others. */
const PATH_MAX_LENGTH = 56;

/** `…/session/read-transcript.ts`; anything that is not one long absolute path stays as it is. */
export function endOfPath(text: string): string {
  if (text.length <= PATH_MAX_LENGTH || !/^(?:\/|~\/|[A-Za-z]:\\)[^\s]+$/.test(text)) return text;
  const end = text.slice(-PATH_MAX_LENGTH);
  const start = end.search(/[/\\]/);
  return start === -1 ? text : `…${end.slice(start)}`;
}
