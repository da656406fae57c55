/**
 * A server of tools that the agent is told of, as ACP describes it. Variables, headers and address may name
 * `${VARIABLES}` and `${SECRETS}` of the profile.
 */
export type McpServer = { name: string } & (
  | { type: "stdio"; command: string; args: string[]; environment: Record<string, string> }
  | { type: "http"; url: string; headers: Record<string, string> }
);

/** What a profile says, but for its secrets. What is left out is as without a profile. */
export interface ProfileSettings {
  /** Shown to everybody of the team; what nobody may read is a secret. */
  variables: Record<string, string>;
  /** Run before those that the start brings. */
  setupCommands: string[];
  agent: string | null;
  model: string | null;
  mcpServers: McpServer[];
  /** `name`, `*.name` or `name:port`, beside those of the server. */
  allowedHosts: string[];
  /** Null: the server's, which is also the most. */
  memoryMaxBytes: number | null;
  processesMax: number | null;
  /** Of the branch that the agent works on, with `{title}` and `{id}` in it; null: `millrace/{title}-{id}`. */
  branchPattern: string | null;
  /** Of commits in the workspace; null: Millrace. */
  author: { name: string; email: string } | null;
  /** Whether submodules are fetched; left out where that was stored before there was a choice. */
  submodules?: boolean | undefined;
  /** Whether files that are in Git LFS are fetched; left out likewise. */
  lfs?: boolean | undefined;
}

/** What is known of a profile where one is chosen. */
export interface ProfileChoice {
  name: string;
  /** Keys of repositories, `*` for any letters; empty for all. */
  repository: string;
  isDefault: boolean;
}

/** True when the profile is for the repository with that key. Letters count as they are, as they do in keys. */
export function isForRepository({ repository }: Pick<ProfileChoice, "repository">, key: string) {
  if (repository === "") return true;
  const parts = repository.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(key);
}

/** The one that a start takes that names none; the longest pattern that fits comes first. */
export function findDefaultProfile<Choice extends ProfileChoice>(
  profiles: readonly Choice[],
  key: string,
): Choice | null {
  const fitting = profiles.filter((each) => each.isDefault && isForRepository(each, key));
  return fitting.toSorted((a, b) => b.repository.length - a.repository.length)[0] ?? null;
}

/** `${NAME}` in a value of a profile. */
export const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export interface MissingValue {
  /** The MCP server that needs it. */
  server: string;
  name: string;
}

/** What MCP servers name and the profile has neither as a variable nor as a secret. */
export function findMissingValues(
  { variables, mcpServers }: Pick<ProfileSettings, "variables" | "mcpServers">,
  secretNames: readonly string[],
): MissingValue[] {
  const known = new Set([...Object.keys(variables), ...secretNames]);
  return mcpServers.flatMap((server) => {
    const names = valuesOf(server).flatMap((value) =>
      [...value.matchAll(REFERENCE)].map(([, name = ""]) => name),
    );
    return [...new Set(names)]
      .filter((name) => !known.has(name))
      .map((name) => ({ server: server.name, name }));
  });
}

function valuesOf(server: McpServer): string[] {
  return server.type === "stdio"
    ? // Not arguments: everybody of the machine sees those.
      Object.values(server.environment)
    : [server.url, ...Object.values(server.headers)];
}
