import { BRANCH_MAX_CHARACTERS, TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { cleanGitOrigin } from "./clean-git-origin.ts";
import { toCleanText } from "./clean-text.ts";
import { readMembers } from "./read-members.ts";

/**
 * What an item says of its session: claims of whoever wrote it, shown and searched, never authority. Null: it says that
 * there is none; left out: it says nothing of the kind.
 */
export interface SessionFacts {
  /** What the agent calls the session; null also for a mere placeholder. */
  title?: string | null;
  /** Id of the session that it was started from. */
  parentId?: string | null;
  gitOrigin?: string | null;
  gitBranch?: string | null;
  /** The last of the models that the agent listed. */
  listedModel?: string | null;
  reportedStatus?: string | null;
  reportedEnd?: string | null;
}

const NAME_MAX_CHARACTERS = 256;
const STATUS_MAX_CHARACTERS = 64;
/** A longer list of models is not read. */
const LIST_MAX_BYTES = 65_536;
/** What OpenCode and Kilo call a session before it has a title. */
const PLACEHOLDER_TITLE = /^(new|child) session - \d{4}-\d{2}-\d{2}t/i;

/** By type, in the shape that OpenCode and Kilo gave their bodies. */
const readers: Record<string, (body: Buffer) => SessionFacts> = {
  session(body) {
    const members = readMembers(body, ["title", "parentID"]);
    const title = toCleanText(members.get("title"), TITLE_MAX_CHARACTERS);
    return {
      title: title !== null && PLACEHOLDER_TITLE.test(title) ? null : title,
      parentId: toCleanText(members.get("parentID"), NAME_MAX_CHARACTERS),
    };
  },
  kilo_meta(body) {
    const members = readMembers(body, ["gitUrl", "gitBranch"]);
    return {
      gitOrigin: cleanGitOrigin(members.get("gitUrl")),
      gitBranch: toCleanText(members.get("gitBranch"), BRANCH_MAX_CHARACTERS),
    };
  },
  model: (body) => ({ listedModel: readLastModel(body) }),
  session_status: (body) => ({
    reportedStatus: toCleanText(readMembers(body, ["status"]).get("status"), STATUS_MAX_CHARACTERS),
  }),
  session_close: (body) => ({
    reportedEnd: toCleanText(readMembers(body, ["reason"]).get("reason"), STATUS_MAX_CHARACTERS),
  }),
};

/** Only the one item of its type counts, so that its version alone decides what holds. */
export const saysOfSession = (item: { type: string; messageId: string; partId: string }) =>
  Object.hasOwn(readers, item.type) && item.messageId === "" && item.partId === "";

/** Reads a body of which `saysOfSession` is true; an empty one, of a deleted item, takes everything back. Never throws. */
export const readSessionFacts = (type: string, body: Buffer): SessionFacts =>
  readers[type]?.(body) ?? {};

/** `[{"id": …}, …]` */
function readLastModel(body: Buffer): string | null {
  if (body.byteLength === 0 || body.byteLength > LIST_MAX_BYTES) return null;
  try {
    const list: unknown = JSON.parse(body.toString("utf8"));
    const last: unknown = Array.isArray(list) ? list.at(-1) : null;
    const isNamed = typeof last === "object" && last !== null && "id" in last;
    return isNamed ? toCleanText(last.id, NAME_MAX_CHARACTERS) : null;
  } catch {
    return null;
  }
}
