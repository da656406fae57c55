import { AppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import { type GitContext, runGit } from "#server/workspaces/run-git.ts";
import { besideRepository, parseEndpoint } from "./parse-endpoint.ts";

export type LfsOperation = "download" | "upload";

interface EndpointOptions {
  context: GitContext & { cwd: string };
  repository: Repository;
  /** Whose `.lfsconfig` counts; null for none. */
  commit: string | null;
  operation: LfsOperation;
  allowedPrivateHosts: readonly string[];
}

/** A file of any other mode is not read, so that no link leads elsewhere. */
const FILE = /^100(?:644|755) blob /;

/** What git-lfs asks for the address, the first one that is there. */
const keys: Readonly<Record<LfsOperation, readonly string[]>> = {
  download: ["lfs.url", "remote.origin.lfsurl"],
  upload: ["lfs.pushurl", "lfs.url", "remote.origin.lfspushurl", "remote.origin.lfsurl"],
};

/**
 * The address of a repository's Git LFS server: what its `.lfsconfig` says, by the rules of every repository's address,
 * otherwise the place beside it. Nothing else of that file counts. Throws `invalid_input` for an address that is none.
 */
export async function findLfsEndpoint(options: EndpointOptions): Promise<string> {
  const { repository, operation, allowedPrivateHosts } = options;
  const settings = await readLfsConfig(options);
  const said = keys[operation].map((key) => settings.get(key)).find(Boolean);
  if (said === undefined) return besideRepository(repository);
  return parseEndpoint(said, allowedPrivateHosts);
}

async function readLfsConfig({ context, commit }: EndpointOptions): Promise<Map<string, string>> {
  const git = (...args: string[]) => runGit({ ...context, args });
  if (commit === null || !FILE.test(await git("ls-tree", commit, "--", ".lfsconfig")))
    return new Map();
  const listed = await git("config", "-z", "--blob", `${commit}:.lfsconfig`, "--list").catch(
    (cause: unknown) => {
      context.signal.throwIfAborted();
      throw new AppError("invalid_input", "The repository's .lfsconfig cannot be read", {
        details: { reason: "lfs_address" },
        cause,
      });
    },
  );
  const entries = listed.split("\0").filter((entry) => entry.includes("\n"));
  return new Map(
    entries.map((entry) => {
      const end = entry.indexOf("\n");
      return [entry.slice(0, end), entry.slice(end + 1)] as const;
    }),
  );
}
