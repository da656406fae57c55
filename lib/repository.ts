import { AppError } from "./errors.ts";
import { BRANCH_MAX_CHARACTERS, REPOSITORY_MAX_CHARACTERS } from "./limits.ts";
import { isAddress, isPublicAddress } from "./public-address.ts";

export interface Repository {
  /** `path` is a folder on the server's machine. */
  kind: "https" | "http" | "path";
  /** What git gets: a URL without credentials, or an absolute path. */
  url: string;
  /** What pages show: `owner/name` on GitHub, host and path elsewhere, or the path. */
  label: string;
  /** The same for every spelling of one repository; mirrors and timings are kept under it. */
  key: string;
}

export interface RepositoryRules {
  /** Accept absolute paths and `file://` URLs: only where every caller may read the server's disk. */
  allowLocalPaths: boolean;
  /** `host` or `host:port` that may be private and may speak plain http. */
  allowedPrivateHosts?: readonly string[];
  /** Accept every path, also none, where something else than a repository is looked for. */
  allowAnyPath?: boolean;
}

const GITHUB_NAME = /^([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})\/([A-Za-z0-9._-]{1,100})$/;

/**
 * Reads what a person typed as repository: `https://…`, `owner/name` on GitHub, and by permission a path of this
 * machine. Throws `invalid_input` with a message that never repeats the input, because it may hold a password.
 * Names are not resolved here: `server/workspaces/check-repository-address.ts` does that before git runs.
 */
export function parseRepository(text: string, rules: RepositoryRules): Repository {
  if (text.length > REPOSITORY_MAX_CHARACTERS) {
    throw refusal(`The repository is longer than ${REPOSITORY_MAX_CHARACTERS} characters`);
  }
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) {
    throw refusal("The repository must be one line without control characters");
  }
  if (hasLoneSurrogate(text)) throw refusal("The repository holds broken Unicode");
  const trimmed = text.trim();
  if (trimmed === "") throw refusal("Name a repository");
  if (trimmed.startsWith("-")) throw refusal("A repository cannot begin with a dash");
  if (trimmed.includes("\\")) throw refusal("A repository cannot contain a backslash");
  if (/^[a-z][a-z0-9+.-]*::/i.test(trimmed)) {
    throw refusal("Transport helpers are not accepted, use an https:// address");
  }
  if (trimmed.startsWith("/")) return parsePath(trimmed, rules);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme === "file") return parseFileUrl(trimmed, rules);
  if (scheme === "https" || scheme === "http") return parseWebUrl(trimmed, rules);
  if (scheme !== undefined || /^[^/]*:/.test(trimmed)) {
    throw refusal("Only https:// addresses are accepted, not ssh or other protocols");
  }
  return parseGitHubName(trimmed);
}

function parseGitHubName(text: string): Repository {
  const [, owner = "", fullName = ""] = GITHUB_NAME.exec(text) ?? [];
  const name = fullName.replace(/\.git$/, "");
  if (owner === "" || /^\.{0,2}$/.test(name)) {
    throw refusal("Write a repository as https://… or as owner/name for GitHub");
  }
  return webRepository(new URL(`https://github.com/${owner}/${name}`));
}

function parseWebUrl(text: string, rules: RepositoryRules): Repository {
  const { allowedPrivateHosts = [], allowAnyPath = false } = rules;
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (authority.includes("@")) {
    throw refusal("The address must not contain a user name, password or token");
  }
  if (/[?#]/.test(text)) throw refusal("The address must not contain ? or #");
  // Look-alike letters and digits in circles become other hosts when a URL is parsed.
  if (!/^[\u0021-\u007e]+$/.test(text) || /%(?:[01][0-9a-f]|7f)/i.test(text)) {
    throw refusal("The address contains characters that are not allowed");
  }
  if (authority === "" || authority.startsWith(":") || !URL.canParse(text)) {
    throw refusal("This is not a valid address");
  }
  const url = new URL(text);
  if (url.hostname.endsWith(".")) throw refusal("The host name must not end in a dot");
  const isAllowed = isAllowedHost(url, allowedPrivateHosts);
  if (url.protocol === "http:" && !isAllowed) {
    throw refusal("Use https:// (plain http is for hosts that the server's configuration allows)");
  }
  if (!isAllowed && isKnownToBePrivate(url.hostname)) {
    throw refusal("Repositories on private or local addresses are not allowed on this server");
  }
  if (allowAnyPath) return webRepository(url);
  if (/^\/*$/.test(url.pathname)) throw refusal("The address names a host but no repository");
  if (isPageOfRepository(url)) {
    throw refusal(
      "This is the address of a page inside a repository: paste the repository's own, as https://github.com/owner/name, and the branch in its own field",
    );
  }
  return webRepository(url);
}

/** What browsers show for a branch, a file, a pull request: on GitHub all behind `owner/name`, on GitLab behind `/-/`. */
function isPageOfRepository({ host, pathname }: URL): boolean {
  if (/\/-\//.test(pathname)) return true;
  const names = pathname.split("/").filter((name) => name !== "");
  return /^(?:www\.)?github\.com$/.test(host) && names.length > 2;
}

function isKnownToBePrivate(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return isAddress(hostname) && !isPublicAddress(hostname);
}

/** Whether the configuration lets sessions use this host although it is private or speaks plain http. */
export function isAllowedHost(url: URL, allowedPrivateHosts: readonly string[]): boolean {
  const hostname = url.hostname.toLowerCase();
  const port = url.port === "" ? (url.protocol === "http:" ? "80" : "443") : url.port;
  return allowedPrivateHosts.some((entry) => {
    const allowed = entry.toLowerCase();
    return allowed === hostname || allowed === `${hostname}:${port}` || `[${allowed}]` === hostname;
  });
}

function webRepository(url: URL): Repository {
  const kind = url.protocol === "http:" ? "http" : "https";
  const path = url.pathname.replace(/\/+$/, "");
  const canonicalPath = path.replace(/\.git$/, "");
  const isGitHub = url.host === "github.com";
  return {
    kind,
    url: `${url.origin}${path}`,
    label: isGitHub ? canonicalPath.slice(1) : `${url.host}${canonicalPath}`,
    key: `${url.origin}${isGitHub ? canonicalPath.toLowerCase() : canonicalPath}`,
  };
}

function parseFileUrl(text: string, rules: RepositoryRules): Repository {
  const path = /^file:\/\/(?:localhost)?(\/.*)$/i.exec(text)?.[1];
  if (path === undefined) throw refusal("A file:// address must hold an absolute path");
  if (/[?#]/.test(path)) throw refusal("The address must not contain ? or #");
  try {
    const decoded = decodeURIComponent(path);
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f\u007f\\]/.test(decoded)) throw new URIError("control characters");
    return parsePath(decoded, rules);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw refusal("This is not a valid file:// address");
  }
}

function parsePath(path: string, { allowLocalPaths }: RepositoryRules): Repository {
  if (!allowLocalPaths) {
    throw refusal(
      "Folders of this machine are not allowed on this server, use an https:// address",
    );
  }
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.length === 0) throw refusal("Name a folder that holds a repository");
  if (segments.includes("..")) throw refusal("The path must not contain ..");
  const absolute = `/${segments.join("/")}`;
  return { kind: "path", url: absolute, label: absolute, key: `file://${absolute}` };
}

/**
 * Checks a branch name by the rules of `git check-ref-format`, plus no leading dash and not `HEAD`. Throws
 * `invalid_input`. Names stay data for git all the same: `$(id)` is a legal branch.
 */
export function parseBranch(text: string): string {
  const name = text.trim();
  if (name === "") throw refusal("Name a branch");
  if (name.length > BRANCH_MAX_CHARACTERS) {
    throw refusal(`A branch name has at most ${BRANCH_MAX_CHARACTERS} characters`);
  }
  const isLegal =
    // oxlint-disable-next-line no-control-regex
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$|^@$|^HEAD$/.test(name) &&
    name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock")) &&
    !hasLoneSurrogate(name);
  if (!isLegal) throw refusal("This is not a valid branch name");
  return name;
}

/** Git would get other bytes than we compare with. */
const hasLoneSurrogate = (text: string) => /\p{Surrogate}/u.test(text);

const refusal = (message: string) => new AppError("invalid_input", message);
