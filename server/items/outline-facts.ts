import { isRecord } from "#lib/is-record.ts";
import { readBeginning } from "./item-beginning.ts";

const TITLE_MAX_CHARACTERS = 160;

export interface PromptFacts {
  /** The beginning of its text on one line. */
  title: string;
  createdMs: number | null;
  /** As the agent added them up over the turn. */
  additions: number | null;
  deletions: number | null;
}

/** Reads a prompt's body and its parts, as far as `selectBeginning` gives them. */
export function readPromptTitle(head: string | null, parts: readonly string[]): PromptFacts {
  const { data: body, isWhole } = head === null ? NOTHING : readBeginning(head);
  // Of a list that is cut the sum would be too small.
  const diffs = isWhole ? memberOf(memberOf(body, "summary"), "diffs") : null;
  const files = Array.isArray(diffs) ? diffs.filter(isRecord) : [];
  return {
    title: titleOf(parts),
    createdMs: toNumber(memberOf(memberOf(body, "time"), "created")),
    additions: files.length === 0 ? null : sumOf(files, "additions"),
    deletions: files.length === 0 ? null : sumOf(files, "deletions"),
  };
}

const NOTHING = { data: null, isWhole: false };

/** When a turn ended and whether well, from its last message's body, as far as `selectBeginning` gives it. */
export function readTurnEnd(head: string | null): {
  completedMs: number | null;
  hasError: boolean;
} {
  const body = head === null ? null : readBeginning(head).data;
  const time = memberOf(body, "time");
  return {
    completedMs: toNumber(memberOf(time, "completed")) ?? toNumber(memberOf(time, "created")),
    hasError: isRecord(memberOf(body, "error")),
  };
}

function titleOf(parts: readonly string[]): string {
  for (const part of parts) {
    const body = readBeginning(part).data;
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
