import { stat } from "node:fs/promises";
import { AppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import { type AddressRules, checkRepositoryAddress } from "./check-repository-address.ts";
import { followRedirects } from "./follow-redirects.ts";
import type { GitRemote } from "./git-environment.ts";
import { gitFailureReason } from "./git-failure.ts";

/**
 * Lets `use` talk to a repository whose address was checked just before. When git reports that the repository has
 * moved, its new address is found, checked, and `use` is called once more: the usual case costs no extra request. A
 * folder of this machine that is none, or holds no repository, is `not_found`.
 */
export async function withCheckedRemote<Result>(
  repository: Pick<Repository, "kind" | "url">,
  rules: AddressRules,
  use: (remote: GitRemote) => Promise<Result>,
): Promise<Result> {
  if (repository.kind === "path") return useFolder(repository.url, use);
  try {
    return await useChecked(repository.url, rules, use);
  } catch (error) {
    if (gitFailureReason(error) !== "redirected") throw error;
    const url = await followRedirects(repository.url, rules);
    return await useChecked(url, rules, use);
  }
}

async function useChecked<Result>(
  url: string,
  rules: AddressRules,
  use: (remote: GitRemote) => Promise<Result>,
): Promise<Result> {
  const remote = await checkRemote(url, rules);
  try {
    return await use(remote);
  } catch (error) {
    const reason = gitFailureReason(error);
    const isRefused = reason === "authentication" || reason === "not_found";
    if (isRefused && remote.credential) rules.onRefused?.(remote.credential);
    throw error;
  }
}

/** Of a folder of this machine, whose owner asks, may be told what of others must not be: what is not there. */
async function useFolder<Result>(
  path: string,
  use: (remote: GitRemote) => Promise<Result>,
): Promise<Result> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
  if (!isFolder) {
    throw new AppError("not_found", "There is no such folder", {
      details: { reason: "not_found" },
    });
  }
  try {
    return await use({ kind: "path", url: path, pinnedAddresses: [] });
  } catch (cause) {
    if (gitFailureReason(cause) !== "not_found") throw cause;
    throw new AppError("not_found", "There is no git repository in this folder", {
      details: { reason: "not_found" },
      cause,
    });
  }
}

async function checkRemote(text: string, rules: AddressRules): Promise<GitRemote> {
  const { url, pin } = await checkRepositoryAddress(new URL(text), rules);
  return {
    kind: url.protocol === "https:" ? "https" : "http",
    url: text,
    pinnedAddresses: pin === null ? [] : [pin],
    credential: (await rules.findCredential?.(text)) ?? null,
  };
}
