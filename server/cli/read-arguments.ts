import { parseArgs } from "node:util";
import { isSessionId } from "#lib/ids.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { readBatch, type BatchCommand, type KnownBatchCommand } from "./read-batch-arguments.ts";
import { readExport, type ExportCommand } from "./read-export-arguments.ts";
import {
  readDays,
  readShare,
  readShares,
  readUnshare,
  type ShareCommand,
  type SharesCommand,
  type UnshareCommand,
} from "./read-share-arguments.ts";

export interface PushCommand {
  name: "push";
  /** A path, or `-` for standard input. */
  source: string;
  server: string | null;
  token: string | null;
  sessionId: string | null;
  title: string | null;
  /** Makes another session, though the one that the file holds may be here. */
  isForcedNew: boolean;
  isWatching: boolean;
  /** Ends once the server has it, without waiting for its items. */
  isDetached: boolean;
}

export interface TokenCommand {
  name: "token";
  tokenName: string;
  scopes: string[];
  expiresInDays: number | null;
}

export type Command =
  | ShareCommand
  | SharesCommand
  | UnshareCommand
  | PushCommand
  | BatchCommand
  | KnownBatchCommand
  | ExportCommand
  | TokenCommand
  | { name: "sign-in" | "help" | "version" };

const TOKEN_DAYS = 90;

const options = {
  server: { type: "string" },
  token: { type: "string" },
  session: { type: "string" },
  title: { type: "string" },
  new: { type: "boolean", default: false },
  watch: { type: "boolean", default: false },
  detach: { type: "boolean", default: false },
  batch: { type: "string" },
  defaults: { type: "string" },
  concurrency: { type: "string" },
  "allow-gaps": { type: "boolean", default: false },
  format: { type: "string" },
  refs: { type: "string" },
  since: { type: "string" },
  output: { type: "string", short: "o" },
  force: { type: "boolean", default: false },
  name: { type: "string" },
  scope: { type: "string", multiple: true },
  days: { type: "string" },
  frozen: { type: "boolean", default: false },
  from: { type: "string" },
  to: { type: "string" },
  "leave-out": { type: "string", multiple: true },
  password: { type: "string" },
  embed: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
} as const;

type Option = keyof typeof options;

/** What each command takes. */
const optionsOf: Partial<Record<string, readonly Option[]>> = {
  push: ["server", "token", "session", "title", "new", "watch", "detach"],
  batch: ["server", "token", "batch", "defaults", "concurrency", "new", "detach", "allow-gaps"],
  export: ["server", "token", "format", "refs", "since", "output", "force"],
  token: ["name", "scope", "days"],
  "sign-in": [],
  share: ["server", "token", "frozen", "from", "to", "leave-out", "password", "days", "embed"],
  shares: ["server", "token", "session"],
  unshare: ["server", "token"],
};

/** Throws `CommandError` with what is wrong. */
export function readArguments(args: string[]): Command {
  const { values, positionals, tokens } = parse(args);
  const [name = "help", ...rest] = positionals;
  if (values.help || name === "help") return { name: "help" };
  if (values.version) return { name: "version" };
  for (const token of tokens) if (token.kind === "option") requireOption(name, token.name);
  if (name === "push") return readPush(values, rest);
  if (name === "batch") return readBatch(values, rest);
  if (name === "export") return readExport(values, rest);
  if (name === "token" && rest.join(" ") === "create") return readToken(values);
  if (name === "share") return readShare(values, rest);
  if (name === "shares") return readShares(values, rest);
  if (name === "unshare") return readUnshare(values, rest);
  if (name === "sign-in" && rest.length === 0) return { name: "sign-in" };
  throw wrong(`There is no command "${positionals.join(" ")}"`);
}

/** An option of another command would be passed over in silence. */
function requireOption(command: string, option: string): void {
  const known: readonly string[] | undefined = optionsOf[command];
  if (known && !known.includes(option)) throw wrong(`\`${command}\` has no option --${option}`);
}

type Values = ReturnType<typeof parse>["values"];

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, tokens: true });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function readPush(values: Values, [source, ...more]: string[]): PushCommand {
  if (source === undefined || more.length > 0)
    throw wrong("Name one file, or - for standard input");
  if (values.watch && source === "-") throw wrong("Only a file can be watched");
  if (values.session !== undefined && !isSessionId(values.session))
    throw wrong(`"${values.session}" is not a session id`);
  if (values.new && values.session !== undefined)
    throw wrong("--new makes a session, --session names one: use either");
  return {
    name: "push",
    source,
    server: values.server ?? null,
    token: values.token ?? null,
    sessionId: values.session ?? null,
    title: values.title ?? null,
    isForcedNew: values.new,
    isWatching: values.watch,
    isDetached: values.detach,
  };
}

function readToken({ name, scope = ["ingest"], days }: Values): TokenCommand {
  const expiresInDays = readDays(days, TOKEN_DAYS);
  return { name: "token", tokenName: name ?? "Command line", scopes: scope, expiresInDays };
}

const wrong = (message: string) =>
  new CommandError(exitCodes.usage, `${message}. \`millrace help\` tells more.`);
