import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import type { GitHubApp } from "#lib/github-app.ts";
import { GIT_CREDENTIALS_MAX, GIT_TOKEN_MAX_CHARACTERS } from "#lib/limits.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { readKeyRing } from "#server/secrets/read-key-ring.ts";
import { credentialPlace, seal, type Sealed, unseal } from "#server/secrets/seal.ts";
import type { Services } from "#server/services.ts";
import type { GitCredential } from "#server/workspaces/git-credential.ts";
import { getInstallationToken } from "./github-app-token.ts";

type Needs = Pick<Services, "database" | "environment">;

/** What is told of a credential: never its token or key. */
export interface GitCredentialSummary {
  /** `host`, or `host:port` where the port is not the protocol's. */
  host: string;
  username: string;
  /** Null for a token. */
  app: GitHubApp | null;
  setAt: string;
}

const notAHost = { message: "Write a host as github.com or git.example:8443" };
// oxlint-disable-next-line no-control-regex
const oneLine = /^[^\u0000-\u001f\u007f]+$/;
// oxlint-disable-next-line no-control-regex
const userName = /^[^\u0000-\u001f\u007f:]+$/;

/** An address of the server will do. */
export const gitHost = z
  .string(notAHost)
  .trim()
  .max(300, notAHost)
  .transform((text) => hostOf(text) ?? "")
  .refine((host) => host !== "", notAHost);

export const newGitCredential = z.strictObject({
  host: gitHost,
  /** Servers that go by the token alone take any; most want `x-access-token` or `oauth2`. */
  username: z
    .string()
    .trim()
    .max(256, { message: "The name has at most 256 characters" })
    .regex(userName, { message: "The name is one line without a colon" })
    .default("x-access-token"),
  token: z
    .string({ message: "Paste the token" })
    .trim()
    .min(1, { message: "Paste the token" })
    .max(GIT_TOKEN_MAX_CHARACTERS, { message: "The token is too long" })
    .regex(oneLine, { message: "A token is one line" }),
});

export type NewGitCredential = z.infer<typeof newGitCredential>;

function hostOf(text: string): string | null {
  const url = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(url)) return null;
  const { host, username, password } = new URL(url);
  return username === "" && password === "" && /[a-z0-9\]]/i.test(host) ? host : null;
}

/** By host. */
export async function listGitCredentials(
  { database: { sql } }: Pick<Needs, "database">,
  viewer: Viewer,
): Promise<GitCredentialSummary[]> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "read" });
  return sql<GitCredentialSummary[]>`
    select host, username, app,
      to_char(set_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "setAt"
    from git_credentials where team_id = ${teamId} order by host`;
}

/** Sets the credential of a host, or replaces it. Whether the server takes it is seen at the next clone. */
export async function setGitCredential(
  services: Needs,
  viewer: Viewer,
  { host, username, token }: NewGitCredential,
): Promise<void> {
  await storeGitCredential(services, viewer, { host, username, secret: token, app: null });
}

interface StoredCredential {
  host: string;
  username: string;
  /** The token, or the key of the App. */
  secret: string;
  app: GitHubApp | null;
}

/** In place of what the team has for the host. */
export async function storeGitCredential(
  services: Needs,
  viewer: Viewer,
  { host, username, secret, app }: StoredCredential,
): Promise<void> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "write" });
  const ring = await readKeyRing(services);
  const { keyId, sealed } = seal(ring, secret, credentialPlace(teamId, host));
  await services.database.sql.begin(async (tx) => {
    await tx`
      insert into git_credentials (team_id, host, username, app, key_id, sealed)
      values (${teamId}, ${host}, ${username}, ${app && JSON.stringify(app)}::text::jsonb, ${keyId},
        ${sealed})
      on conflict (team_id, host) do update set username = excluded.username, app = excluded.app,
        key_id = excluded.key_id, sealed = excluded.sealed, set_at = now()`;
    const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
      select count(*)::int as count from git_credentials where team_id = ${teamId}`;
    if (count > GIT_CREDENTIALS_MAX)
      throw new AppError(
        "conflict",
        `A team has credentials for at most ${GIT_CREDENTIALS_MAX} servers`,
      );
  });
}

/** Safe to run again. */
export async function removeGitCredential(
  { database: { sql } }: Pick<Needs, "database">,
  viewer: Viewer,
  host: string,
): Promise<void> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "write" });
  await sql`delete from git_credentials where team_id = ${teamId} and host = ${host}`;
}

/**
 * What a team has for the server of an address; null for nothing. An App is asked for a token, so this may go to the
 * network. Throws `unavailable` when it cannot be opened, and as `getInstallationToken` does.
 */
export async function findGitCredential(
  services: Needs,
  { teamId, url }: { teamId: string; url: string },
): Promise<GitCredential | null> {
  const { host } = new URL(url);
  const [row] = await services.database.sql<StoredRow[]>`
    select username, app, key_id as "keyId", sealed from git_credentials
    where team_id = ${teamId} and host = ${host}`;
  if (!row) return null;
  const { username, app } = row;
  const secret = unseal(await readKeyRing(services), row, credentialPlace(teamId, host));
  if (app === null) return { username, token: secret };
  const { ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts } = services.environment;
  const options = { app, privateKey: secret, allowedPrivateHosts };
  return { username, token: await getInstallationToken(options) };
}

type StoredRow = Sealed & Pick<StoredCredential, "username" | "app">;
