import { isRecord } from "#lib/is-record.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";

const TITLE_MAX_CHARACTERS = 160;

export interface PromptFacts {
  /** The beginning of its text on one line. */
  title: string;
  createdMs: number | null;
  /** As the agent added them up over the turn. */
  additions: number | null;
  deletions: number | null;
}

/** Reads the beginning of a prompt's body and of its parts, all JSON that may be cut. */
export function readPromptTitle(head: string | null, parts: readonly string[]): PromptFacts {
  const body = head === null ? null : parseCutJson(head);
  const diffs = memberOf(memberOf(body, "summary"), "diffs");
  const files = Array.isArray(diffs) ? diffs.filter(isRecord) : [];
  return {
    title: titleOf(parts),
    createdMs: toNumber(memberOf(memberOf(body, "time"), "created")),
    additions: files.length === 0 ? null : sumOf(files, "additions"),
    deletions: files.length === 0 ? null : sumOf(files, "deletions"),
  };
}

/** When a turn ended and whether well, from the beginning of its last message's body. */
export function readTurnEnd(head: string | null): {
  completedMs: number | null;
  hasError: boolean;
} {
  const body = head === null ? null : parseCutJson(head);
  const time = memberOf(body, "time");
  return {
    completedMs: toNumber(memberOf(time, "completed")) ?? toNumber(memberOf(time, "created")),
    hasError: isRecord(memberOf(body, "error")),
  };
}

function titleOf(parts: readonly string[]): string {
  for (const part of parts) {
    const body = parseCutJson(part);
    const text = memberOf(body, "text");
    const isShown = memberOf(body, "synthetic") !== true && memberOf(body, "type") === "text";
    if (!isShown || typeof text !== "string" || text.trim() === "") continue;
    const line = text.replaceAll(/\s+/g, " ").trim();
    return line.length <= TITLE_MAX_CHARACTERS ? line : `${line.slice(0, TITLE_MAX_CHARACTERS)} …`;
  }
  return "";
}

const sumOf = (files: readonly Record<string, unknown>[], name: string) =>
  files.reduce((sum, file) => sum + (toNumber(file[name]) ?? 0), 0);

const memberOf = (value: unknown, name: string) => (isRecord(value) ? value[name] : undefined);

const toNumber = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
