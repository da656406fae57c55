import { OWN_FOLDER } from "../own-folder.ts";
import { type SessionSandboxOptions, TEMPORARY_MAX_BYTES } from "../sandbox.ts";
import { makeParents } from "./make-parents.ts";

/** What the child is called inside where it has no identity of its own outside. */
export const SANDBOX_UID = 1000;

/** Kept until the child takes its own identity, which ends them. */
const IDENTITY_CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

interface ArgumentsOptions extends Pick<SessionSandboxOptions, "readablePaths" | "writablePaths"> {
  /** Of `systemMounts`. */
  system: readonly string[];
  /** Of `makeOwnFolder`. */
  ownFolder: string;
  /** Absolute path of setpriv(1). */
  setpriv: string;
  /** What the child is outside too; null where we may not change it, and the child is ourselves by another name. */
  uid: number | null;
}

/**
 * Arguments of bwrap(1) up to the command: namespaces of its own for everything, network included, no capabilities, an
 * ordinary user, the system read-only, and of the machine's files only what is named.
 *
 * A server that runs as root must not map its own identity: root under another name still passes for root where the
 * kernel looks at files of its own (`/proc/sys`). So it makes no user namespace, and the child becomes `uid`.
 */
export function bubblewrapArguments(options: ArgumentsOptions): string[] {
  const { system, readablePaths, writablePaths, ownFolder, setpriv, uid } = options;
  const show = (path: string) => ["--ro-bind", path, path];
  const showOwn = (name: string) => ["--ro-bind", `${ownFolder}/${name}`, `/etc/${name}`];
  const identity =
    uid === null
      ? ["--unshare-user", "--uid", `${SANDBOX_UID}`, "--gid", `${SANDBOX_UID}`]
      : IDENTITY_CAPABILITIES.flatMap((name) => ["--cap-add", name]);
  return [
    "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup".split(" "),
    "--die-with-parent --new-session --cap-drop ALL --hostname millrace".split(" "),
    identity,
    system,
    ["passwd", "group", "hosts"].flatMap(showOwn),
    "--proc /proc --dev /dev".split(" "),
    ["/tmp", "/dev/shm"].flatMap(showMemory),
    [OWN_FOLDER, ...readablePaths, ...writablePaths].flatMap(makeParents),
    ["--ro-bind", ownFolder, OWN_FOLDER],
    readablePaths.flatMap(show),
    writablePaths.flatMap((path) => ["--bind", path, path]),
    ["--chdir", "/", "--"],
    uid === null ? [] : [setpriv, ...becomeUser(uid)],
  ].flat();
}

/** An empty folder in memory that everybody inside may write to. */
const showMemory = (path: string) => {
  return ["--perms", "1777", "--size", `${TEMPORARY_MAX_BYTES}`, "--tmpfs", path];
};

/** Arguments of setpriv(1), which loses every privilege on the way. */
function becomeUser(uid: number): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const nothing = ["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"];
  return [...identity, ...nothing, "--"];
}
