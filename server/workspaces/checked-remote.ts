import type { Repository } from "#lib/repository.ts";
import { type AddressRules, checkRepositoryAddress } from "./check-repository-address.ts";
import { followRedirects } from "./follow-redirects.ts";
import type { GitRemote } from "./git-environment.ts";
import { gitFailureReason } from "./git-failure.ts";

/**
 * Lets `use` talk to a repository whose address was checked just before. When git reports that the repository has
 * moved, its new address is found, checked, and `use` is called once more: the usual case costs no extra request.
 */
export async function withCheckedRemote<Result>(
  repository: Pick<Repository, "kind" | "url">,
  rules: AddressRules,
  use: (remote: GitRemote) => Promise<Result>,
): Promise<Result> {
  if (repository.kind === "path") {
    return use({ kind: "path", url: repository.url, pinnedAddresses: [] });
  }
  try {
    return await use(await checkRemote(repository.url, rules));
  } catch (error) {
    if (gitFailureReason(error) !== "redirected") throw error;
    const url = await followRedirects(repository.url, rules);
    return await use(await checkRemote(url, rules));
  }
}

async function checkRemote(text: string, rules: AddressRules): Promise<GitRemote> {
  const { url, pin } = await checkRepositoryAddress(new URL(text), rules);
  return {
    kind: url.protocol === "https:" ? "https" : "http",
    url: text,
    pinnedAddresses: pin === null ? [] : [pin],
  };
}
