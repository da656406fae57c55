import { createShareId } from "#lib/ids.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ShareCommand, SharesCommand, UnshareCommand } from "./read-share-arguments.ts";
import { createServerClient, type ServerAddress } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";

/** Of a share, what a line tells. */
interface ListedShare {
  shareId: string;
  sessionId: string;
  title: string;
  state: string;
  mode: string;
  viewCount: number;
}

/** What was found in a session so far; all of it is hidden in links that this command makes. */
interface SecretCounts {
  definiteCount: number;
  possibleCount: number;
  isComplete: boolean;
}

interface ShareContext {
  address: ServerAddress;
  terminal: Terminal;
}

const clientOf = ({ address, terminal }: ShareContext) =>
  createServerClient(address, {
    onRetry: (reason, delayMs) =>
      terminal.note(`${reason}; again in ${Math.ceil(delayMs / 1000)} s`),
  });

/** Makes a link to a session, prints it, and says how to take it back. */
export async function runShare(command: ShareCommand, context: ShareContext): Promise<ExitCode> {
  const { isFrozen, leftOut, sessionId, fromMessageId, toMessageId } = command;
  // Made here, so that an attempt whose answer was lost makes no second link.
  const shareId = createShareId();
  const wishes = {
    shareId,
    sessionId,
    mode: isFrozen ? "frozen" : "live",
    fromMessageId,
    toMessageId,
    hidesReasoning: leftOut.includes("reasoning"),
    hidesOutputs: leftOut.includes("outputs"),
    hidesPaths: leftOut.includes("folders"),
    password: command.password,
    expiresInDays: command.expiresInDays,
    allowsEmbed: command.allowsEmbed,
  };
  const answer = (await clientOf(context).ask({
    path: "/api/v1/shares",
    headers: { "content-type": "application/json" },
    body: () => JSON.stringify(wishes),
  })) as { url: string; secrets?: SecretCounts };
  context.terminal.print(new URL(answer.url, context.address.url).href);
  // A server of an older version does not tell.
  if (answer.secrets) context.terminal.note(describeSecrets(answer.secrets));
  context.terminal.note(`Take it back by \`millrace unshare ${shareId}\``);
  return exitCodes.complete;
}

function describeSecrets({ definiteCount, possibleCount, isComplete }: SecretCounts): string {
  const counted = [
    definiteCount > 0 && countOf(definiteCount, "secret"),
    possibleCount > 0 && countOf(possibleCount, "possible secret"),
  ].filter((words) => words !== false);
  const found =
    counted.length === 0
      ? "No secrets of known kinds were found in the session"
      : `Found in the session, and hidden in the link: ${counted.join(" and ")}`;
  return isComplete
    ? found
    : `${found}; it is still being looked through, and what comes is hidden, too`;
}

const countOf = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Prints shares, newest first, a line each: id, state, mode, times it was opened, session, title; tabs between. */
export async function runShares(
  { sessionId }: SharesCommand,
  context: ShareContext,
): Promise<ExitCode> {
  const client = clientOf(context);
  for (let after: string | null = ""; after !== null;) {
    const query = new URLSearchParams({
      limit: "200",
      ...(sessionId !== null && { sessionId }),
      ...(after !== "" && { after }),
    });
    const page = (await client.ask({ path: `/api/v1/shares?${query.toString()}` })) as {
      shares: ListedShare[];
      after: string | null;
    };
    for (const share of page.shares) context.terminal.print(lineOf(share));
    ({ after } = page);
  }
  return exitCodes.complete;
}

const lineOf = ({ shareId, state, mode, viewCount, sessionId, title }: ListedShare): string =>
  [shareId, state, mode, viewCount, sessionId, title.replaceAll(/[\p{C}\s]+/gu, " ")].join("\t");

/** Takes a share back; one that was taken back before is no error. */
export async function runUnshare(
  { shareId }: UnshareCommand,
  context: ShareContext,
): Promise<ExitCode> {
  await clientOf(context).ask({ path: `/api/v1/shares/${shareId}`, method: "DELETE" });
  context.terminal.note("Its link opens nothing any more.");
  return exitCodes.complete;
}
