import type { Sandbox } from "./sandbox.ts";

/** Where the system knows no such limit there is none. */
const LIMIT_SCRIPT = `
ulimit -v "$1" 2>/dev/null || :
shift
exec "$@"`;

/**
 * Lets each process have at most `maxBytes` of address space: for programs of ours that read what an agent has made, where a
 * few bytes may stand for gigabytes. A process that wants more gets none, and ends by its own words.
 */
export const limitMemory = (sandbox: Sandbox, maxBytes: number): Sandbox => ({
  ...sandbox,
  spawn: ({ command, args, ...request }) => {
    const kibibytes = String(Math.floor(maxBytes / 1024));
    const limited = ["-c", LIMIT_SCRIPT, "millrace", kibibytes, command, ...args];
    return sandbox.spawn({ ...request, command: "/bin/sh", args: limited });
  },
});
