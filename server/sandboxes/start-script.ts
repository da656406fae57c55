import { OWN_FOLDER } from "./own-folder.ts";

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

/** Runs on beside the command, which starts once the port answers, so that its first connection finds the proxy. */
const BRIDGE = `
(socat TCP-LISTEN:${PROXY_PORT},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:${OWN_FOLDER}/proxy.sock 2>/dev/null 3<&- &)
until socat -u OPEN:/dev/null TCP:127.0.0.1:${PROXY_PORT} 2>/dev/null 3<&-; do sleep 0.01; done`;

/**
 * The first program inside, with the folder to work in and the command as arguments: a bridge from a port of the sandbox's
 * own loopback to the socket of our proxy, then the command in its place. Only before that it takes the variables of
 * `describeEnvironment`, from descriptor 3.
 */
export const START_SCRIPT = `${BRIDGE}
cd -- "$1" || exit 126
shift
eval "$(cat <&3)"
exec 3<&-
exec "$@"`;

/** What `CONTAINER_START_SCRIPT` writes to its standard error right before it becomes the command. */
export const STARTED = 0x06;
/** How it ends when it cannot. */
export const startFailures: Readonly<Record<number, string>> = {
  124: "the image has no program socat",
  126: "there is no folder to run in",
  127: "it is not installed in the image",
};

/**
 * The same in a container, which has no descriptor but the three: the variables come first on standard input, as
 * `describeOnInput` writes them. A command that is not at its place in the image is looked for by its name.
 */
export const CONTAINER_START_SCRIPT = `
command -v socat >/dev/null || exit 124${BRIDGE}
cd -- "$1" || exit 126
shift
read -r left || exit 125
while [ "$left" -gt 0 ]; do
  IFS= read -r line || exit 125
  lines="$lines$line
"
  left=$((left - 1))
done
set -- "$lines" "$@"
unset left line lines
eval "$1"
shift
if ! command -v "$1" >/dev/null; then
  millrace_name=\${1##*/}
  shift
  set -- "$millrace_name" "$@"
  unset millrace_name
fi
command -v "$1" >/dev/null || exit 127
printf '\\006' >&2
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

/** `describeEnvironment` behind the number of its lines, for `CONTAINER_START_SCRIPT`. */
export function describeOnInput(environment: Readonly<Record<string, string>>): string {
  const text = describeEnvironment(environment);
  return `${text.split("\n").length - 1}\n${text}`;
}
