import type { Repository } from "#lib/repository.ts";

interface PushedBranch {
  repository: Repository;
  branch: string;
  /** Where the session's branch began; null where that is not known. */
  baseBranch: string | null;
  /** What the git server said while it took the branch. */
  output: string;
}

type Page = (repository: string, branch: string, base: string | null) => string;

/** Other installations of these programs say their address themselves, in what they answer to a push. */
const pages = new Map<string, Page>([
  [
    "github.com",
    (url, branch, base) => `${url}/compare/${base === null ? "" : `${base}...`}${branch}?expand=1`,
  ],
  [
    "gitlab.com",
    (url, branch) => `${url}/-/merge_requests/new?merge_request%5Bsource_branch%5D=${branch}`,
  ],
  ["bitbucket.org", (url, branch) => `${url}/pull-requests/new?source=${branch}`],
  ["codeberg.org", (url, branch, base) => `${url}/compare/${base ?? "main"}...${branch}`],
]);

/** Where the host offers to propose a pushed branch; null where that is not known. */
export function compareLink({
  repository,
  branch,
  baseBranch,
  output,
}: PushedBranch): string | null {
  if (repository.kind === "path") return null;
  const url = new URL(repository.url);
  const page = pages.get(url.host);
  if (page && branch !== baseBranch) {
    const path = repository.url.replace(/\.git$/, "");
    return page(path, encodeURIComponent(branch), baseBranch && encodeURIComponent(baseBranch));
  }
  return findLink(output, url);
}

/** Only of the same server: whatever stands there becomes a link on our page. */
function findLink(output: string, { origin }: URL): string | null {
  for (const [, text = ""] of output.matchAll(/^remote:\s+(https?:\/\/\S+)\s*$/gm)) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url?.origin === origin && url.username === "" && url.password === "") return url.href;
  }
  return null;
}
