import { AppError } from "#lib/errors.ts";
import { SUBMODULES_MAX } from "#lib/limits.ts";
import { type GitContext, runGit } from "./run-git.ts";

/** A repository inside another one, as the commit that is checked out has it. */
export interface Submodule {
  name: string;
  /** Inside the work tree, as git has checked it: relative, without `..` and `.git`. */
  path: string;
  /** As `.gitmodules` says it. */
  address: string;
  commit: string;
}

/** A file of any other mode is not read, so that no link leads elsewhere. */
const FILE = /^100(?:644|755) blob /;
const GITLINK = /^160000 ([0-9a-f]+) 0\t([^]+)$/;

/** Those that both the commit and its `.gitmodules` name. Throws `too_large` for more than are fetched for a session. */
export async function listSubmodules(context: GitContext, cwd: string): Promise<Submodule[]> {
  const git = (...args: string[]) => runGit({ ...context, cwd, args });
  if (!FILE.test(await git("ls-tree", "HEAD", "--", ".gitmodules"))) return [];
  const settings = parseSettings(await git("config", "-z", "--blob", "HEAD:.gitmodules", "--list"));
  const named = [...settings].filter(([, { path, url }]) => path !== "" && url !== "");
  if (named.length === 0) return [];
  if (named.length > SUBMODULES_MAX) throw tooMany();
  const paths = named.map(([, { path }]) => path);
  const listed = await git("--literal-pathspecs", "ls-files", "--stage", "-z", "--", ...paths);
  const commits = new Map<string, string>();
  for (const line of listed.split("\0")) {
    const [, commit = "", path = ""] = GITLINK.exec(line) ?? [];
    if (commit !== "") commits.set(path, commit);
  }
  return named.flatMap(([name, { path, url: address }]) => {
    const commit = commits.get(path);
    return commit === undefined ? [] : [{ name, path, address, commit }];
  });
}

/** Entries are `submodule.<name>.<key>`, a newline and the value. */
function parseSettings(output: string): Map<string, { path: string; url: string }> {
  const settings = new Map<string, { path: string; url: string }>();
  for (const entry of output.split("\0")) {
    const [, name = "", key = "", value = ""] =
      /^submodule\.([^\n]+)\.(path|url)\n([^]*)$/.exec(entry) ?? [];
    if (name === "") continue;
    const known = settings.get(name) ?? { path: "", url: "" };
    settings.set(name, { ...known, [key]: value });
  }
  return settings;
}

export const tooMany = () =>
  new AppError("too_large", `The repository has more than ${SUBMODULES_MAX} submodules`, {
    details: { reason: "submodules" },
  });
