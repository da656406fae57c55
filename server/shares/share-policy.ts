import { isRecord } from "#lib/is-record.ts";
import type { WireItem } from "#lib/live-protocol.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import type { Share } from "./find-share.ts";
import {
  dropEmbeddedFiles,
  endsInFile,
  findFileEnd,
  replaceEmbeddedFile,
} from "./redaction/embedded-files.ts";
import { hidePaths } from "./redaction/hide-paths.ts";
import { findMaskCut, maskSecrets } from "./redaction/mask-secrets.ts";
import type { TextRewrite } from "./redaction/rewrite-json.ts";
import { dropLastWord, rewriteJsonText } from "./redaction/rewrite-json-text.ts";
import { signWith } from "./server-key.ts";

type Body = Readonly<Record<string, unknown>>;

/** What a share shows of one session. */
export interface SharePolicy {
  share: Pick<
    Share,
    | "shareId"
    | "sessionId"
    | "hidesReasoning"
    | "hidesOutputs"
    | "hidesPaths"
    | "masksPossible"
    | "shownSecrets"
    | "frozenSeq"
    | "fromMessageId"
  >;
  key: Buffer;
  /** Folders that the session worked in. */
  roots: readonly string[];
}

/** What is left of a secret in the table of findings: the same for the same secret on this server. */
export const fingerprintOf = (key: Buffer, secret: string): string =>
  signWith(key, "secret", secret).toString("hex").slice(0, 32);

/** How every text that leaves through the share is rewritten. */
export function createTextRewrite({ share, key, roots }: SharePolicy): TextRewrite {
  const shown = new Set(share.shownSecrets);
  const mask = (text: string, name: string | null) =>
    maskSecrets(text, name, ({ start, end, isDefinite }) => {
      if (!isDefinite) return share.masksPossible;
      return shown.size === 0 || !shown.has(fingerprintOf(key, text.slice(start, end)));
    });
  return {
    replaceWhole: replaceEmbeddedFile,
    rewrite(text, name) {
      const masked = mask(dropEmbeddedFiles(text), name);
      const placed = share.hidesPaths ? hidePaths(masked, roots) : masked;
      // Agents write the session's id into each part; behind the folders, in which it stands, too.
      return placed.replaceAll(share.sessionId, share.shareId);
    },
    findCut: findMaskCut,
    endsInFile,
    findFileEnd,
  };
}

/**
 * What a share shows of an item; null for nothing. Everything that leaves through a share passes this, and what it does
 * not know stays here.
 */
export function createItemFilter(policy: SharePolicy): (item: WireItem) => WireItem | null {
  const rewrite = createTextRewrite(policy);
  const { share } = policy;
  return (item) => {
    if (item.type !== "message" && item.type !== "part") return null;
    if (item.seq > (share.frozenSeq ?? Infinity)) return null;
    if (item.deleted) return { ...item, body: null, preview: null, byteSize: 0 };
    const isWhole = item.body !== null;
    const text = item.body ?? dropLastWord(item.preview ?? "");
    const read = parseBody(text, isWhole);
    if (read === null) return isWhole ? null : hidePart(item);
    const plan = planItem(item, read, share);
    if (plan === "hide") return null;
    if (plan !== "as-is") return withBody(item, rewriteJsonText(JSON.stringify(plan), rewrite));
    if (isWhole) return withBody(item, rewriteJsonText(text, rewrite));
    return { ...item, preview: rewriteJsonText(text, rewrite) };
  };
}

/** What stands where something is hidden, so that nobody takes the rest for all. */
const HIDDEN_WORDS = "Not shown in this share";
const HIDDEN_PART: Body = {
  type: "notice",
  severity: "info",
  title: HIDDEN_WORDS,
  description: null,
};

const hidePart = (item: WireItem): WireItem => withBody(item, JSON.stringify(HIDDEN_PART));

/** An item of which only the beginning is there, and that is a text which an agent added to a prompt by itself. */
export const hideSynthetic = (item: WireItem): WireItem =>
  parseCutJson(item.preview ?? "")?.["type"] === "text" ? hidePart(item) : item;

const withBody = (item: WireItem, body: string): WireItem => ({
  ...item,
  body,
  preview: null,
  byteSize: Buffer.byteLength(body),
});

function parseBody(text: string, isWhole: boolean): Body | null {
  if (!isWhole) return parseCutJson(text);
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** What `createItemFilter` shows of a body that comes without its row. */
export function createBodyFilter(
  policy: SharePolicy,
): (item: Pick<WireItem, "type" | "messageId" | "partId"> & { body: string }) => string | null {
  const filter = createItemFilter(policy);
  // Where bodies come from, the span was looked at already.
  const place = { firstSeq: 0, seq: 0, byteSize: 0, preview: null, deleted: false };
  return ({ type, messageId, partId, body }) =>
    filter({ ...place, type, messageId, partId, body })?.body ?? null;
}

/** What of an item is shown before its texts are rewritten: nothing, all of it, or this instead. */
export type ItemPlan = "hide" | "as-is" | Body;

/** Members of a message that say nothing but what the viewer shows of it. */
const MESSAGE_MEMBERS = new Set([
  "id",
  "role",
  "time",
  "parentID",
  "agent",
  "mode",
  "model",
  "modelID",
  "providerID",
  "cost",
  "tokens",
  "context",
  "finish",
  "error",
]);

/** Kinds of parts that are neither reasoning nor outputs. */
const PLAIN_KINDS = new Set([
  "text",
  "file",
  "step-start",
  "step-finish",
  "agent",
  "subtask",
  "plan",
  "notice",
  "retry",
]);

const REASONING_KINDS = new Set(["reasoning", "thinking", "redacted_thinking", "thought"]);

/** Of a compaction, all but what the agent remembers: that says again what stood before the share, or is hidden in it. */
const COMPACTION_MEMBERS = new Set([
  "id",
  "messageID",
  "type",
  "auto",
  "compactionId",
  "status",
  "tokens",
]);

/** Whether some part of it may leave otherwise than it is, secrets aside. */
export const hidesParts = (
  share: Pick<Share, "hidesReasoning" | "hidesOutputs" | "fromMessageId">,
): boolean => share.hidesReasoning || share.hidesOutputs || share.fromMessageId !== null;

/** Decides by the beginning of a body if need be. */
export function planItem(
  { type }: Pick<WireItem, "type">,
  body: Body,
  share: Pick<Share, "hidesReasoning" | "hidesOutputs" | "fromMessageId">,
): ItemPlan {
  const { hidesReasoning, hidesOutputs } = share;
  if (type === "message") return pick(body, MESSAGE_MEMBERS);
  const kind = typeof body["type"] === "string" ? body["type"] : "";
  if (REASONING_KINDS.has(kind) || isThoughtFile(body)) return hidesReasoning ? "hide" : "as-is";
  if (kind === "compaction" && hidesParts(share)) return pick(body, COMPACTION_MEMBERS);
  if (!hidesOutputs && !hidesReasoning) return "as-is";
  if (kind === "tool") return hidesOutputs ? withoutOutput(body) : "as-is";
  // Texts that agents add to a prompt by themselves hold the files that it names.
  if (kind === "text" && body["synthetic"] === true && hidesOutputs) return HIDDEN_PART;
  if (kind === "file" && hidesOutputs && !isAttached(body)) return HIDDEN_PART;
  return PLAIN_KINDS.has(kind) ? "as-is" : HIDDEN_PART;
}

/** Sent with a prompt. Every other file may be an output: whose it is does not stand in it. */
const isAttached = ({ metadata }: Body): boolean =>
  isRecord(metadata) && isRecord(metadata["attachment"]);

const isThoughtFile = ({ type, metadata }: Body): boolean =>
  type === "file" && isRecord(metadata) && metadata["thought"] === true;

const STATE_MEMBERS = new Set(["status", "input", "title", "time"]);

function withoutOutput(body: Body): Body {
  const state = isRecord(body["state"]) ? body["state"] : {};
  const { id, messageID, callID, tool } = body;
  const shown = { ...pick(state, STATE_MEMBERS), output: HIDDEN_WORDS };
  return { id, messageID, type: "tool", callID, tool, state: shown };
}

const pick = (body: Body, names: ReadonlySet<string>): Body =>
  Object.fromEntries(Object.entries(body).filter(([name]) => names.has(name)));
