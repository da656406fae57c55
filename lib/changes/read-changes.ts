import { isRecord } from "../is-record.ts";
import { readList, readNumber, readObject, readText, type JsonObject } from "../json.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parsePatch } from "./parse-patch.ts";
import type { FileDiff } from "./file-diff.ts";
import { shortenPath } from "./shorten-path.ts";
import { tellingMembers, toolAction } from "./tool-action.ts";

/** A change of one file as the agent told it: already line by line, or as the texts before and after. */
export type Change =
  | { kind: "lines"; path: string; diff: FileDiff }
  | {
      kind: "texts";
      path: string;
      oldText: string;
      newText: string;
      /** The texts are pieces of the file: nobody knows which lines they are. */
      isFragment: boolean;
      /** Lines added and removed, where the agent counted them. */
      counts: ChangeCounts | null;
    };

export interface ChangeCounts {
  additions: number;
  deletions: number;
}

/** Patches above this are not read for a card: UTF-16 units. */
const PATCH_MAX_LENGTH = 4_000_000;

const perBody = new WeakMap<JsonObject, readonly Change[]>();

/** What a tool call changed in files, from whichever member tells it best. Reads a body once. */
export function readChanges(data: JsonObject): readonly Change[] {
  const known = perBody.get(data);
  if (known) return known;
  const state = readObject(data, "state");
  const changes =
    fromMetadata(readObject(state, "metadata")) ??
    fromInput(readText(data, "tool") ?? "", readObject(state, "input"));
  perBody.set(data, changes);
  return changes;
}

const oldMembers = ["oldText", "old_string", "oldString", "old_str", "before", "search", "old"];
const newMembers = ["newText", "new_string", "newString", "new_str", "after", "replace", "new"];
const patchMembers = ["patch", "patchText", "diff", "fileDiff", "input"];

function fromMetadata(metadata: JsonObject): readonly Change[] | null {
  for (const values of [
    readList(metadata, "diffs"),
    readList(metadata, "files"),
    [metadata["filediff"]],
  ]) {
    const changes = values.filter(isRecord).flatMap((value) => fromFile(value));
    if (changes.length > 0) return changes;
  }
  const patch = firstText(metadata, ["diff", "fileDiff", "patch"]);
  const changes = patch === null ? [] : fromPatch(patch);
  return changes.length > 0 ? changes : null;
}

/** `{ path, oldText, newText }`, `{ file, before, after }`, `{ filePath, patch }`, … */
function fromFile(value: JsonObject): readonly Change[] {
  const path = shortenPath(
    firstText(value, ["relativePath", ...tellingMembers("edit"), "newPath"]) ?? "",
  );
  const patch = firstText(value, ["patch", "diff"]);
  const texts = readTexts(value);
  if (texts !== null)
    return [{ kind: "texts", path, ...texts, isFragment: false, counts: readCounts(value) }];
  return patch === null ? [] : fromPatch(patch, path);
}

function fromInput(tool: string, input: JsonObject): readonly Change[] {
  const action = toolAction(tool, null);
  if (action !== "edit" && action !== "execute") return [];
  const command = input["command"];
  const script = Array.isArray(command) ? String(command.at(-1)) : command;
  if (typeof script === "string" && script.includes("*** Begin Patch")) return fromPatch(script);
  if (action !== "edit") return [];
  const patch = firstText(input, patchMembers);
  const path = shortenPath(firstText(input, tellingMembers("edit")) ?? "");
  const changes = patch === null ? [] : fromPatch(patch, path);
  if (changes.length > 0) return changes;
  return [input, ...readList(input, "edits").filter(isRecord)].flatMap((each) => {
    const texts = readTexts(each);
    const own = firstText(each, tellingMembers("edit"));
    const place = own === null ? path : shortenPath(own);
    return texts === null
      ? []
      : [{ kind: "texts", path: place, ...texts, isFragment: true, counts: null }];
  });
}

function fromPatch(patch: string, path = ""): readonly Change[] {
  if (patch.length > PATCH_MAX_LENGTH) return [];
  const diffs = patch.includes("*** Begin Patch") ? parseEnvelope(patch) : parsePatch(patch);
  return diffs.map((diff) => {
    const named = { ...diff, path: shortenPath(diff.path) || path };
    return { kind: "lines", path: named.path, diff: named };
  });
}

function readCounts(value: JsonObject): ChangeCounts | null {
  const additions = readNumber(value, "additions");
  const deletions = readNumber(value, "deletions");
  return additions === null || deletions === null ? null : { additions, deletions };
}

/** Null when neither text is there. A text that is null or missing beside the other one was empty. */
function readTexts(value: JsonObject): { oldText: string; newText: string } | null {
  const oldName = oldMembers.find((name) => typeof value[name] === "string");
  const newName = newMembers.find((name) => typeof value[name] === "string");
  if (oldName === undefined && newName === undefined) return null;
  const read = (name: string | undefined) => (name === undefined ? "" : String(value[name]));
  return { oldText: read(oldName), newText: read(newName) };
}

function firstText(value: JsonObject, names: readonly string[]): string | null {
  const name = names.find((each) => readText(value, each) !== null);
  return name === undefined ? null : readText(value, name);
}
