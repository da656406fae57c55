import { OWN_FOLDER } from "./bubblewrap-arguments.ts";

const PROXY_PORT = 3128;

/** What the driver decides. */
const FIXED = /^(?:HOME|XDG_\w+|MILLRACE_PROCESS)$/;

/** What makes ordinary programs use the proxy; both spellings, as some know only one. */
function proxyVariables(): Record<string, string> {
  const address = `http://127.0.0.1:${PROXY_PORT}`;
  const names = [
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "all_proxy",
  ];
  const proxies = Object.fromEntries(names.map((name) => [name, address]));
  // What listens inside is spoken to directly: some agents have a server of their own there.
  const direct = "localhost,127.0.0.1,::1";
  return { ...proxies, no_proxy: direct, NO_PROXY: direct, NODE_USE_ENV_PROXY: "1" };
}

/**
 * The first program inside, with the folder to work in and the command as arguments: a bridge from a port of the sandbox's
 * own loopback to the socket of our proxy, then the command in its place. It waits until the port answers, so that the
 * command's first connection finds it. Only then does it take the variables of `describeEnvironment`, from descriptor 3.
 */
export const START_SCRIPT = `
(socat TCP-LISTEN:${PROXY_PORT},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:${OWN_FOLDER}/proxy.sock 2>/dev/null 3<&- &)
until socat -u OPEN:/dev/null TCP:127.0.0.1:${PROXY_PORT} 2>/dev/null 3<&-; do sleep 0.01; done
cd -- "$1" || exit 126
shift
eval "$(cat <&3)"
exec 3<&-
exec "$@"`;

/**
 * What a session says of its environment, for `START_SCRIPT`. It must not be the environment of whatever runs outside:
 * `LD_PRELOAD` and `PATH` would choose what that is. Nor are these arguments, which process lists show.
 */
export function describeEnvironment(environment: Readonly<Record<string, string>>): string {
  return Object.entries({ ...proxyVariables(), ...environment })
    .filter(([name]) => !FIXED.test(name))
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
