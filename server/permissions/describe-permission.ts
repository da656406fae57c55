import { createHash } from "node:crypto";
import type { AgentRequest, RequestOption } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import {
  REQUEST_OPTIONS_MAX,
  REQUEST_SUMMARY_MAX_CHARACTERS,
  REQUEST_TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { toShortText } from "./short-text.ts";

/** A request before it has an id. */
export interface RequestDraft extends Omit<AgentRequest, "requestId" | "createdAt"> {
  toolCallId: string | null;
  /** SHA-256 of kind, title and the whole of what the tool would be given; null where that says nothing. */
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
export function describePermission({ toolCall, options }: PermissionRequest): RequestDraft | null {
  const offered = options.flatMap(readOption).slice(0, REQUEST_OPTIONS_MAX);
  if (offered.length === 0) return null;
  const toolKind = toShortText(toolCall.kind, 64);
  const input = readInput(toolCall.rawInput) ?? readLocation(toolCall.locations);
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
    ruleKey:
      title === null && input === null ? null : hashRule([toolKind, toolCall.title ?? "", input]),
  };
}

/** Of the whole texts: two calls that only begin alike are not the same. */
const hashRule = (parts: readonly (string | null)[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

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
  if (typeof rawInput === "string") return rawInput;
  if (!isRecord(rawInput) || Object.keys(rawInput).length === 0) return null;
  for (const member of tellingMembers) {
    const value = rawInput[member];
    if (typeof value === "string" && value.trim() !== "") return value;
    if (Array.isArray(value) && value.length > 0) return value.map(String).join(" ");
  }
  return JSON.stringify(rawInput);
}

function readLocation(locations: unknown): string | null {
  const [first]: unknown[] = Array.isArray(locations) ? locations : [];
  return isRecord(first) && typeof first["path"] === "string" ? first["path"] : null;
}
