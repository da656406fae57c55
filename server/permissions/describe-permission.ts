import { createHash } from "node:crypto";
import type { AgentRequest, RequestOption } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import {
  REQUEST_OPTIONS_MAX,
  REQUEST_SUMMARY_MAX_CHARACTERS,
  REQUEST_TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";
import { isEmptyInput } from "#server/agents/heard-inputs.ts";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { toShortText } from "./short-text.ts";

/** A request before it has an id. */
export interface RequestDraft extends Omit<
  AgentRequest,
  "requestId" | "createdAt" | "canAllowAlways"
> {
  toolCallId: string | null;
  /** SHA-256 of kind, title and the whole of what the tool would be given; null where that is not known. */
  ruleKey: string | null;
}

const OPTION_ID_MAX_CHARACTERS = 256;
/** What says most about a call, by how agents call it. */
const tellingMembers = [
  "command",
  "cmd",
  "file_path",
  "filePath",
  "filepath",
  "path",
  "url",
  "pattern",
  "query",
];

/** What an agent asks leave for, in a shape that a row can hold; null when it offers nothing to choose. */
export function describePermission({
  toolCall,
  heardInput,
  options,
}: PermissionRequest): RequestDraft | null {
  const offered = options.flatMap(readOption).slice(0, REQUEST_OPTIONS_MAX);
  if (offered.length === 0) return null;
  const toolKind = toShortText(toolCall.kind, 64);
  const input =
    readInput(toolCall.rawInput) ?? readInput(heardInput) ?? readLocation(toolCall.locations);
  const summary = toShortText(input, REQUEST_SUMMARY_MAX_CHARACTERS);
  const title = toShortText(toolCall.title, REQUEST_TITLE_MAX_CHARACTERS);
  return {
    kind: "permission",
    toolCallId: toShortText(toolCall.toolCallId, OPTION_ID_MAX_CHARACTERS),
    toolKind,
    title: title ?? summary?.slice(0, REQUEST_TITLE_MAX_CHARACTERS) ?? "Use a tool",
    summary,
    options: offered,
    fields: [],
    ruleKey: hashRule(toolCall, heardInput),
  };
}

/**
 * Of everything that the agent says: two calls that only begin alike, or that look alike on a card, are not the same.
 * A place or a title alone does not say what would be done there.
 */
function hashRule(
  { kind, title, rawInput, locations, content }: PermissionRequest["toolCall"],
  heardInput: unknown,
): string | null {
  if ([rawInput, heardInput].every(isEmptyInput) && !hasDiff(content)) return null;
  const parts = [kind, title, rawInput, heardInput, locations, content];
  return createHash("sha256").update(JSON.stringify(parts, withSortedMembers)).digest("hex");
}

const hasDiff = (content: unknown) =>
  Array.isArray(content) && content.some((part) => isRecord(part) && part["type"] === "diff");

/** For `JSON.stringify`: agents promise no order of members. */
const withSortedMembers = (_name: string, value: unknown) =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Agents are told exactly the id that they gave: one that a row cannot hold is not offered. */
function readOption(option: unknown): RequestOption[] {
  if (!isRecord(option)) return [];
  const { optionId, name, kind } = option;
  const id = toShortText(optionId, OPTION_ID_MAX_CHARACTERS);
  if (id === null || id !== optionId) return [];
  return [
    {
      optionId: id,
      name: toShortText(name, REQUEST_TITLE_MAX_CHARACTERS) ?? id,
      kind: toShortText(kind, 64) ?? "",
    },
  ];
}

function readInput(rawInput: unknown): string | null {
  if (isEmptyInput(rawInput)) return null;
  if (typeof rawInput === "string") return rawInput;
  if (!isRecord(rawInput)) return JSON.stringify(rawInput);
  for (const member of tellingMembers) {
    const value = rawInput[member];
    if (typeof value === "string" && value.trim() !== "") return value;
    if (Array.isArray(value) && value.length > 0) return value.map(wordOf).join(" ");
  }
  return JSON.stringify(rawInput);
}

const wordOf = (word: unknown) => (typeof word === "string" ? word : JSON.stringify(word));

function readLocation(locations: unknown): string | null {
  const [first]: unknown[] = Array.isArray(locations) ? locations : [];
  return isRecord(first) && typeof first["path"] === "string" ? first["path"] : null;
}
