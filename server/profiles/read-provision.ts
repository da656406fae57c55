import { AppError } from "#lib/errors.ts";
import type { ProfileSettings } from "#lib/profile.ts";
import { hiddenValues } from "#server/secrets/hidden-values.ts";
import { readKeyRing } from "#server/secrets/read-key-ring.ts";
import { type Sealed, secretPlace, unseal } from "#server/secrets/seal.ts";
import { openEnvironment, type StoredEnvironment } from "#server/secrets/session-environment.ts";
import type { Services } from "#server/services.ts";
import { type AgentMcpServer, fillMcpServer } from "./fill-mcp-server.ts";
import { requireFitting } from "./find-start-profile.ts";

type Needs = Pick<Services, "database" | "environment" | "agents">;

/** What a session's processes get, from its start and its profile together. Holds secrets: never stored, never logged. */
export interface Provision extends Pick<
  ProfileSettings,
  "model" | "memoryMaxBytes" | "processesMax" | "branchPattern" | "author" | "submodules" | "lfs"
> {
  /** Variables and secrets of the profile, and over them what the start brought. */
  environment: Record<string, string>;
  /** Values that nobody is shown, wherever they turn up. */
  secrets: string[];
  /** The profile's, then those of the start. */
  setupCommands: string[];
  mcpServers: AgentMcpServer[];
  /** Beside those of the server. */
  allowedHosts: string[];
}

/** A session as far as its provision depends on it. */
interface Provisioned {
  sessionId: string;
  teamId: string;
  repositoryKey: string;
  profileId: string | null;
  profileName: string | null;
  setupCommands: string[];
  stored: StoredEnvironment;
}

/**
 * Reads and opens what a session's processes get. Throws `invalid_input` when its profile is gone or names what is not
 * there, `unavailable` when a secret cannot be opened; both say which.
 */
export async function readProvision(services: Needs, session: Provisioned): Promise<Provision> {
  const own = await openEnvironment(services, session.sessionId, session.stored);
  const profile = await findProfile(services, session);
  const hidden = hiddenValues(own);
  if (profile === null) {
    const { setupCommands } = session;
    return { ...nothing, environment: own, secrets: hidden, setupCommands };
  }
  const { settings } = profile;
  requireFitting(services, profile, session.repositoryKey);
  const secrets = await openSecrets(services, profile);
  const values = { ...settings.variables, ...secrets };
  const mcpServers = settings.mcpServers.map((server) => fillMcpServer(server, values));
  return {
    ...settings,
    environment: { ...values, ...own },
    secrets: [...Object.values(secrets), ...hidden],
    setupCommands: [...settings.setupCommands, ...session.setupCommands],
    mcpServers,
    allowedHosts: [...settings.allowedHosts, ...mcpServers.flatMap(hostOf)],
  };
}

const nothing: Omit<Provision, "environment" | "secrets" | "setupCommands"> = {
  mcpServers: [],
  allowedHosts: [],
  model: null,
  memoryMaxBytes: null,
  processesMax: null,
  branchPattern: null,
  author: null,
};

interface StoredProfile {
  id: string;
  name: string;
  repository: string;
  settings: ProfileSettings;
  secretNames: string[];
  secrets: { name: string; keyId: string; sealed: string }[];
}

/** Its own profile; once that is deleted, the one that has its name now. */
async function findProfile(
  { database: { sql } }: Needs,
  { teamId, profileId, profileName }: Provisioned,
): Promise<StoredProfile | null> {
  if (profileName === null) return null;
  const [profile] = await sql<Omit<StoredProfile, "secretNames">[]>`
    select id, name, repository, settings, (
      select coalesce(json_agg(json_build_object(
        'name', profile_secrets.name, 'keyId', key_id, 'sealed', encode(sealed, 'base64')
      )), '[]')
      from profile_secrets where profile_id = profiles.id
    ) as secrets
    from profiles
    where team_id = ${teamId}
      and case when ${profileId}::text is null then lower(name) = lower(${profileName})
        else id = ${profileId} end`;
  if (!profile) {
    throw new AppError(
      "invalid_input",
      `The environment "${profileName}" of this session was deleted: make one of this name, then try again`,
      { details: { reason: "profile_missing" } },
    );
  }
  return { ...profile, secretNames: profile.secrets.map(({ name }) => name) };
}

async function openSecrets(
  services: Needs,
  { id, secrets }: StoredProfile,
): Promise<Record<string, string>> {
  if (secrets.length === 0) return {};
  const ring = await readKeyRing(services);
  const open = ({ name, keyId, sealed: text }: StoredProfile["secrets"][number]) => {
    const sealed: Sealed = { keyId, sealed: Buffer.from(text, "base64") };
    return [name, unseal(ring, sealed, secretPlace(id, name))] as const;
  };
  return Object.fromEntries(secrets.map(open));
}

/** An agent that is told of a server must be able to reach it. */
function hostOf(server: AgentMcpServer): string[] {
  if (!("url" in server) || !URL.canParse(server.url)) return [];
  const { hostname, port } = new URL(server.url);
  return [port === "" ? hostname : `${hostname}:${port}`];
}
