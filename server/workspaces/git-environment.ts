import type { Repository } from "#lib/repository.ts";
import { credentialSettings, type GitCredential } from "./git-credential.ts";

/** A repository that was checked: what git may talk to, and at which addresses it must find it. */
export interface GitRemote {
  kind: Repository["kind"];
  url: string;
  /** `host:port:address[,address]`, so that a name cannot lead elsewhere between our check and git's use. */
  pinnedAddresses: string[];
  /** For the server at `url` alone; left out where it is open to everybody. */
  credential?: GitCredential | null;
}

/** Command-line level: nothing that a repository brings can override it. */
const FIXED_CONFIGURATION: [string, string][] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.askPass", ""],
  ["core.protectHFS", "true"],
  ["core.protectNTFS", "true"],
  ["credential.helper", ""],
  // Workspaces borrow objects from mirrors: nothing may tidy up behind their back.
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["protocol.ext.allow", "never"],
  ["transfer.bundleURI", "false"],
  ["transfer.credentialsInUrl", "die"],
  // All processors: a work tree is mostly many small files.
  ["checkout.workers", "0"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  // Redirects are followed by `follow-redirects.ts`, which checks where they lead.
  ["http.followRedirects", "false"],
  // A silent connection ends after a minute; a server that counts objects still says so every few seconds.
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "60"],
  // Folders that we were told to use, whoever owns them.
  ["safe.directory", "*"],
];

/**
 * Variables that make git independent of the machine: no configuration, hooks, prompts, helpers or language of it, and
 * no protocol but the one of `remote`. Configuration travels in variables, because arguments are visible to everybody.
 */
export function gitEnvironment(
  remote: GitRemote | null,
  globalConfigPath: string,
): Record<string, string> {
  const credential = remote?.credential ? credentialSettings(remote.url, remote.credential) : null;
  const configuration: [string, string][] = [
    ...FIXED_CONFIGURATION,
    ...(credential?.configuration ?? []),
    ...(remote?.pinnedAddresses ?? []).map((pin): [string, string] => ["http.curloptResolve", pin]),
  ];
  const environment: Record<string, string> = {
    // Failures are told apart by git's English words.
    LC_ALL: "C",
    LANGUAGE: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: globalConfigPath,
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_ALLOW_PROTOCOL: remote === null ? "none" : protocols[remote.kind],
    GIT_LFS_SKIP_SMUDGE: "1",
    ...credential?.variables,
    GIT_CONFIG_COUNT: String(configuration.length),
  };
  for (const [index, [key, value]] of configuration.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}

const protocols: Record<Repository["kind"], string> = {
  https: "https",
  http: "http",
  path: "file",
};
