import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { GIT_CREDENTIALS_MAX, GIT_TOKEN_MAX_CHARACTERS } from "#lib/limits.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { readKeyRing } from "#server/secrets/read-key-ring.ts";
import { credentialPlace, seal, type Sealed, unseal } from "#server/secrets/seal.ts";
import type { Services } from "#server/services.ts";
import type { GitCredential } from "#server/workspaces/git-credential.ts";

type Needs = Pick<Services, "database" | "environment">;

/** What is told of a credential: never its token. */
export interface GitCredentialSummary {
  /** `host`, or `host:port` where the port is not the protocol's. */
  host: string;
  username: string;
  setAt: string;
}

const notAHost = { message: "Write a host as github.com or git.example:8443" };
// oxlint-disable-next-line no-control-regex
const oneLine = /^[^\u0000-\u001f\u007f]+$/;
// oxlint-disable-next-line no-control-regex
const userName = /^[^\u0000-\u001f\u007f:]+$/;

export const newGitCredential = z.strictObject({
  /** An address of the server will do. */
  host: z
    .string(notAHost)
    .trim()
    .max(300, notAHost)
    .transform((text) => hostOf(text) ?? "")
    .refine((host) => host !== "", notAHost),
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
    select host, username,
      to_char(set_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "setAt"
    from git_credentials where team_id = ${teamId} order by host`;
}

/** Sets the credential of a host, or replaces it. Whether the server takes it is seen at the next clone. */
export async function setGitCredential(
  services: Needs,
  viewer: Viewer,
  { host, username, token }: NewGitCredential,
): Promise<void> {
  const { teamId } = viewer;
  requireTeamAction(viewer, { teamId, action: "write" });
  const ring = await readKeyRing(services);
  const { keyId, sealed } = seal(ring, token, credentialPlace(teamId, host));
  await services.database.sql.begin(async (tx) => {
    await tx`
      insert into git_credentials (team_id, host, username, key_id, sealed)
      values (${teamId}, ${host}, ${username}, ${keyId}, ${sealed})
      on conflict (team_id, host) do update set username = excluded.username,
        key_id = excluded.key_id, sealed = excluded.sealed, set_at = now()`;
    const [{ count } = { count: 0 }] = await tx<{ count: number }[]>`
      select count(*)::int as count from git_credentials where team_id = ${teamId}`;
    if (count > GIT_CREDENTIALS_MAX)
      throw new AppError(
        "conflict",
        `A team has tokens for at most ${GIT_CREDENTIALS_MAX} servers`,
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

interface WantedCredential {
  teamId: string;
  /** Of a repository. */
  url: string;
  signal: AbortSignal;
}

/** What a team has for the server of an address; null for nothing. Throws `unavailable` when it cannot be opened. */
export async function findGitCredential(
  services: Needs,
  { teamId, url }: WantedCredential,
): Promise<GitCredential | null> {
  const { host } = new URL(url);
  const [row] = await services.database.sql<(Sealed & { username: string })[]>`
    select username, key_id as "keyId", sealed from git_credentials
    where team_id = ${teamId} and host = ${host}`;
  if (!row) return null;
  const ring = await readKeyRing(services);
  return { username: row.username, token: unseal(ring, row, credentialPlace(teamId, host)) };
}
