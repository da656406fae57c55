import { isSessionId, isShareId } from "#lib/ids.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** Where a command that asks the server finds it. */
interface ServerOptions {
  server: string | null;
  token: string | null;
}

export interface ShareCommand extends ServerOptions {
  name: "share";
  sessionId: string;
  isFrozen: boolean;
  /** Prompts; null where the session's own ends count. */
  fromMessageId: string | null;
  toMessageId: string | null;
  leftOut: ("reasoning" | "outputs" | "folders")[];
  password: string | null;
  expiresInDays: number | null;
  allowsEmbed: boolean;
}

export interface SharesCommand extends ServerOptions {
  name: "shares";
  sessionId: string | null;
}

export interface UnshareCommand extends ServerOptions {
  name: "unshare";
  shareId: string;
}

interface ShareValues {
  server?: string | undefined;
  token?: string | undefined;
  session?: string | undefined;
  frozen: boolean;
  from?: string | undefined;
  to?: string | undefined;
  "leave-out"?: string[] | undefined;
  password?: string | undefined;
  days?: string | undefined;
  embed: boolean;
}

const SHARE_DAYS = 30;

const serverOf = ({ server, token }: ShareValues): ServerOptions => ({
  server: server ?? null,
  token: token ?? null,
});

/** Throws `CommandError` with what is wrong, as those below. */
export function readShare(values: ShareValues, [sessionId, ...more]: string[]): ShareCommand {
  if (sessionId === undefined || !isSessionId(sessionId) || more.length > 0)
    throw wrong("Name one session, by its id");
  return {
    name: "share",
    ...serverOf(values),
    sessionId,
    isFrozen: values.frozen,
    fromMessageId: values.from ?? null,
    toMessageId: values.to ?? null,
    leftOut: readLeftOut(values["leave-out"]),
    password: values.password ?? null,
    expiresInDays: readDays(values.days, SHARE_DAYS),
    allowsEmbed: values.embed,
  };
}

function readLeftOut(words: readonly string[] = ["folders"]): ShareCommand["leftOut"] {
  const known = ["reasoning", "outputs", "folders"] as const;
  return words.flatMap((word) => {
    if (word === "nothing") return [];
    const found = known.find((each) => each === word);
    if (!found) throw wrong("--leave-out is one of reasoning, outputs, folders, nothing");
    return [found];
  });
}

export function readShares(values: ShareValues, rest: readonly string[]): SharesCommand {
  if (rest.length > 0) throw wrong("Name a session by --session");
  const { session = null } = values;
  if (session !== null && !isSessionId(session)) throw wrong(`"${session}" is not a session id`);
  return { name: "shares", ...serverOf(values), sessionId: session };
}

export function readUnshare(values: ShareValues, [shareId, ...more]: string[]): UnshareCommand {
  if (shareId === undefined || !isShareId(shareId) || more.length > 0)
    throw wrong("Name one share, by its id, as `millrace shares` lists it");
  return { name: "unshare", ...serverOf(values), shareId };
}

/** Days until something ends; null for never. */
export function readDays(text: string | undefined, initially: number): number | null {
  const days = text === undefined ? initially : text === "never" ? null : Number(text);
  if (days !== null && !Number.isInteger(days)) throw wrong("--days is a whole number, or never");
  return days;
}

const wrong = (message: string) =>
  new CommandError(exitCodes.usage, `${message}. \`millrace help\` tells more.`);
