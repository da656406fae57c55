import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "#lib/is-record.ts";
import { PROPOSAL_MAX_BYTES } from "#lib/limits.ts";
import { PROPOSAL_FILE } from "#lib/setup-proposal.ts";
import { setupCommands } from "#server/sessions/new-session.ts";

/** What a repository proposes, or why that cannot be read, safe to show; no commands where it proposes nothing. */
export interface ReadProposal {
  commands: string[];
  trouble: string | null;
}

/** Reads the file of a work tree: a plain one, never where a link leads. */
export async function readProposal(repositoryPath: string): Promise<ReadProposal> {
  const text = await readPlainFile(join(repositoryPath, PROPOSAL_FILE));
  if (text === null) return { commands: [], trouble: null };
  try {
    const value: unknown = JSON.parse(text);
    const proposed = isRecord(value) ? (value["setup"] ?? []) : null;
    const result = setupCommands.safeParse(proposed);
    if (result.success) return { commands: result.data, trouble: null };
    return { commands: [], trouble: result.error.issues[0]?.message ?? "it is malformed" };
  } catch {
    // What is wrong with somebody's JSON is not worth an error.
    return { commands: [], trouble: "it is not JSON" };
  }
}

/** Null where there is none, or one that is too large to be read. */
async function readPlainFile(path: string): Promise<string | null> {
  const file = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => null);
  try {
    const entry = await file?.stat();
    if (!file || !entry?.isFile() || entry.size > PROPOSAL_MAX_BYTES) return null;
    return await file.readFile("utf8");
  } finally {
    await file?.close();
  }
}
