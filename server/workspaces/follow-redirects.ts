import { AppError } from "#lib/errors.ts";
import {
  type AddressRules,
  type CheckedAddress,
  checkRepositoryAddress,
} from "./check-repository-address.ts";
import { sendPinned } from "./send-pinned.ts";

const REDIRECTS_MAX = 5;
const PATH = "/info/refs";
const QUERY = "?service=git-upload-pack";

/**
 * Finds where a repository that has moved is now, as git would, but with every address on the way checked and used
 * as checked. Git itself follows no redirects. Throws as `checkRepositoryAddress` does, and `invalid_input` after five.
 */
export async function followRedirects(url: string, rules: AddressRules): Promise<string> {
  let current = url.replace(/\/+$/, "");
  for (let count = 0; count <= REDIRECTS_MAX; count += 1) {
    const checked = await checkRepositoryAddress(new URL(current), rules);
    const location = await askLocation(new URL(current + PATH + QUERY), checked, rules.signal);
    if (location === null) return current;
    current = repositoryOf(location, current + PATH + QUERY);
  }
  throw moved("The repository's address is redirected too often");
}

/** Like git, accepts only redirects that keep the end of the path, so that the repository's new address is known. */
function repositoryOf(location: string, base: string): string {
  const url = URL.canParse(location, base) ? new URL(location, base) : null;
  const isPlain = url?.username === "" && url.password === "" && url.search === QUERY;
  if (!isPlain || !url.href.endsWith(PATH + QUERY))
    throw moved("The repository has moved to an address that git cannot use");
  return url.href.slice(0, -(PATH + QUERY).length);
}

/** The target of a redirect; null for any other answer, which git will judge by itself. */
async function askLocation(
  url: URL,
  checked: CheckedAddress,
  signal: AbortSignal,
): Promise<string | null> {
  const headers = { "user-agent": "git/2 (millrace)", "git-protocol": "version=2" };
  const response = await sendPinned(url, checked, { headers, signal });
  response.destroy();
  const status = response.statusCode ?? 0;
  return status >= 300 && status < 400 ? (response.headers.location ?? null) : null;
}

const moved = (message: string) =>
  new AppError("invalid_input", message, { details: { reason: "redirected" } });
