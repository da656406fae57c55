import { readNumber, readObject, readText, type JsonObject } from "../json.ts";
import { countChanges } from "./compute-diff.ts";
import { readChanges, type ChangeCounts } from "./read-changes.ts";
import { toolAction } from "./tool-action.ts";

/** Members of a call that writes a file which hold all of it. */
export const contentMembers = ["content", "file_text", "text", "contents"];

/** Lines that a tool call added and removed, none when it failed; null where counting them would take too long. */
export function countCallChanges(data: JsonObject): ChangeCounts | null {
  const state = readObject(data, "state");
  if (state["status"] === "error") return { additions: 0, deletions: 0 };
  const changes = readChanges(data);
  if (changes.length > 0) return countChanges(changes);
  return { additions: countNewLines(data), deletions: 0 };
}

/** What the agent itself counted of the one file that a call changed, which stands in the beginning of a body, too. */
export function readToldCounts(data: JsonObject): ChangeCounts | null {
  const diff = readObject(readObject(readObject(data, "state"), "metadata"), "filediff");
  const additions = readNumber(diff, "additions");
  const deletions = readNumber(diff, "deletions");
  return additions === null || deletions === null ? null : { additions, deletions };
}

/** Of a file that was not there before; nobody knows what became of the lines of one that was. */
function countNewLines(data: JsonObject): number {
  const state = readObject(data, "state");
  const input = readObject(state, "input");
  const action = toolAction(readText(data, "tool") ?? "", null);
  const isWrite = action === "write" || (action === "edit" && input["command"] === "create");
  if (!isWrite || readObject(state, "metadata")["exists"] === true) return 0;
  const name = contentMembers.find((each) => readText(input, each) !== null);
  const text = name === undefined ? "" : (readText(input, name) ?? "");
  const lineCount = text.split("\n").length;
  return text === "" ? 0 : text.endsWith("\n") ? lineCount - 1 : lineCount;
}
