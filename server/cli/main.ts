import { readFileSync } from "node:fs";
import type { ApiScope } from "#lib/api-scope.ts";
import { findProjectRoot } from "#server/database/find-project-root.ts";
import { EnvironmentError, readClientEnvironment } from "#server/env.ts";
import { runBatch } from "./batch-command.ts";
import { runKnownBatch } from "./known-batch-command.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { runExport } from "./export-command.ts";
import { help } from "./help.ts";
import { type PushContext, runPush } from "./push-command.ts";
import { type Command, readArguments } from "./read-arguments.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { runShare, runShares, runUnshare } from "./share-command.ts";
import { runSignIn } from "./sign-in-command.ts";
import { runToken } from "./token-command.ts";

const terminal = createTerminal(process);
const endings = [
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated],
] as const;

async function main(): Promise<ExitCode> {
  const command = readArguments(process.argv.slice(2));
  switch (command.name) {
    case "help":
      terminal.print(help.trimEnd());
      return exitCodes.complete;
    case "version":
      terminal.print(readVersion());
      return exitCodes.complete;
    case "push":
      return runPush(command, createContext(command, terminal));
    case "batch":
      return runBatch(command, createContext(command, terminal));
    case "known-batch":
      return runKnownBatch(command, {
        ...createContext(command, terminal),
        stdout: process.stdout,
      });
    case "export":
      return runExport(command, { ...createContext(command, terminal), stdout: process.stdout });
    case "share":
      return runShare(command, createContext(command, terminal));
    case "shares":
      return runShares(command, createContext(command, terminal));
    case "unshare":
      return runUnshare(command, createContext(command, terminal));
    case "token":
      return runToken(command, { terminal });
    case "sign-in":
      return runSignIn({ terminal });
  }
}

type ServerCommand = Extract<Command, { server: string | null }>;

function createContext(command: ServerCommand, said: Terminal): PushContext {
  const { url, token, stateHome } = readClientEnvironment();
  const secret = command.token ?? token;
  if (secret === null) {
    const scope = scopeOf(command);
    const option = scope === "ingest" ? "" : ` --scope ${scope}`;
    const message = `An API token with the scope ${scope} is needed: make one by \`millrace token create${option}\` or under Settings`;
    throw new CommandError(exitCodes.usage, `${message}, then set MILLRACE_TOKEN`);
  }
  const interrupted = new AbortController();
  if (command.name === "export" || (command.name === "push" && command.isWatching))
    process.once("SIGINT", () => interrupted.abort());
  if (command.name === "batch")
    for (const [signal, exitCode] of endings)
      process.once(signal, () =>
        interrupted.abort(new CommandError(exitCode, `Interrupted (${signal})`)),
      );
  return {
    address: { url: parseUrl(command.server ?? url), token: secret },
    terminal: said,
    stdin: process.stdin,
    stateHome,
    signal: interrupted.signal,
  };
}

function scopeOf(command: ServerCommand): ApiScope {
  if (command.name === "export") return "read";
  if (command.name === "known-batch" && command.action === "results") return "read";
  if (/share/.test(command.name)) return "share";
  return command.name === "batch" && command.kind === "start" ? "start" : "ingest";
}

function parseUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new CommandError(exitCodes.usage, `"${text}" is not the address of a server`);
}

function readVersion(): string {
  const root = findProjectRoot();
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as {
    version: string;
  };
  return version;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isOurs = error instanceof CommandError || error instanceof EnvironmentError;
  terminal.note(isOurs ? `millrace: ${error.message}` : String((error as Error).stack ?? error));
  process.exitCode = error instanceof CommandError ? error.exitCode : exitCodes.failed;
  // What was under way would go on to its end.
  if (endings.some(([, exitCode]) => exitCode === process.exitCode)) process.exit();
}
