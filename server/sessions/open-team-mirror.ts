import type { Repository } from "#lib/repository.ts";
import { findGitCredential } from "#server/profiles/git-credentials.ts";
import { forgetInstallationToken } from "#server/profiles/github-app-token.ts";
import type { Services } from "#server/services.ts";
import type { AddressRules } from "#server/workspaces/check-repository-address.ts";
import { type Mirror, openMirror } from "#server/workspaces/mirrors.ts";
import type { GitContext } from "#server/workspaces/run-git.ts";

interface TeamMirrorOptions extends Pick<GitContext, "signal" | "onOutput"> {
  teamId: string;
  repository: Repository;
  /** Asks for what the server gives to everybody, whatever the team has for it. */
  isPublic?: boolean;
}

/** What a team's sessions may clone, and with what. */
export function addressRulesOf(
  services: Pick<Services, "database" | "environment">,
  { teamId, signal }: { teamId: string; signal: AbortSignal },
): AddressRules {
  return {
    allowedPrivateHosts: services.environment.ALLOWED_PRIVATE_HOSTS,
    findCredential: (url) => findGitCredential(services, { teamId, url }),
    onRefused: ({ token }) => forgetInstallationToken(token),
    signal,
  };
}

/**
 * `openMirror` for a team: where a credential of theirs opens the repository, its mirror is theirs alone. Whether a
 * branch exists is asked later.
 */
export async function openTeamMirror(
  services: Services,
  { teamId, repository, isPublic = false, signal, onOutput }: TeamMirrorOptions,
): Promise<Mirror> {
  const { environment, sandbox } = services;
  const { findCredential, ...open } = addressRulesOf(services, { teamId, signal });
  const rules: AddressRules = isPublic ? open : { ...open, findCredential };
  const isOpened =
    repository.kind !== "path" && (await rules.findCredential?.(repository.url)) !== null;
  return openMirror({
    ...rules,
    dataDir: environment.DATA_DIR,
    repository,
    branch: null,
    maxBytes: environment.MIRRORS_MAX_BYTES,
    isMirrorInUse: (path) => isMirrorInUse(services, path),
    owner: isOpened ? teamId : null,
    sandbox,
    timeoutMs: environment.CLONE_TIMEOUT_MS,
    ...(onOutput && { onOutput }),
  });
}

/** Whether a workspace of this host borrows from the mirror. */
export async function isMirrorInUse(
  { database, hostId }: Pick<Services, "database" | "hostId">,
  path: string,
): Promise<boolean> {
  const [row] = await database.sql`
    select 1 from workspaces where host_id = ${hostId} and mirror_path = ${path} limit 1`;
  return row !== undefined;
}
