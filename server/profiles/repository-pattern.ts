import { AppError } from "#lib/errors.ts";
import { PROFILE_PATTERN_STARS_MAX } from "#lib/limits.ts";
import { parseRepository, type RepositoryRules } from "#lib/repository.ts";

const GITHUB_PATTERN = /^[A-Za-z0-9*-]+\/[A-Za-z0-9._*-]+$/;

/**
 * What `isForRepository` compares keys with: the key itself of a repository without `*`, a pattern of keys otherwise;
 * empty for all. Throws `invalid_input` for what can be no repository.
 */
export function parseRepositoryPattern(text: string, rules: RepositoryRules): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  if (!trimmed.includes("*")) return parseRepository(trimmed, rules).key;
  if (trimmed.split("*").length - 1 > PROFILE_PATTERN_STARS_MAX)
    throw refusal(`A pattern has at most ${PROFILE_PATTERN_STARS_MAX} stars`);
  const pattern = keyOf(trimmed);
  if (pattern === null)
    throw refusal("Write a pattern as owner/*, https://host/path/* or /folder/*");
  return pattern;
}

function keyOf(text: string): string | null {
  if (/^\/[^*]/.test(text)) return `file://${text}`;
  if (GITHUB_PATTERN.test(text)) return `https://github.com/${text.toLowerCase()}`;
  // The host is never a pattern: its secrets would go to whoever has another one that fits.
  const [, origin = "", path = ""] = /^(https?:\/\/[^/*\s@]+)(\/[^\s@?#]+)$/i.exec(text) ?? [];
  if (origin === "") return null;
  const host = origin.toLowerCase();
  return host + (host === "https://github.com" ? path.toLowerCase() : path);
}

const refusal = (message: string) =>
  new AppError("invalid_input", message, { details: { field: "repository" } });
