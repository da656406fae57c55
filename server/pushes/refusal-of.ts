import { AppError } from "#lib/errors.ts";

const WORDS_MAX_CHARACTERS = 300;

/** The error for a branch that the git server did not let in, in the server's own words; `output` is redacted. */
export function refusalOf(output: string, cause: unknown): AppError {
  const rule = /^ ! \[(?:remote )?rejected\] .*\((.+)\)\s*$/m.exec(output)?.[1];
  const said = /^remote: +(?:error|fatal|ERROR|GitLab):? *(.*\S)\s*$/m.exec(output)?.[1];
  const words = [said, rule].filter((text) => text !== undefined);
  const told = [...new Set(words)].join("; ").slice(0, WORDS_MAX_CHARACTERS);
  return new AppError(
    "forbidden",
    told === ""
      ? "The git server refused the branch"
      : `The git server refused the branch: ${told}`,
    { details: { reason: "refused" }, cause },
  );
}
