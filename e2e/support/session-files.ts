import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createMessageId, createPartId } from "#lib/ids.ts";

export interface SessionItem {
  type: string;
  data: Record<string, unknown>;
}

/** Turns follow each other by a minute. */
let clockMs = Date.UTC(2026, 0, 5, 9);

/** A turn as agents export it: a prompt, and an answer with text and a call of a tool. */
export function turnItems(prompt: string, answer: string, output = "done"): SessionItem[] {
  const [promptId, answerId] = [createMessageId(), createMessageId()];
  const part = (messageID: string, data: Record<string, unknown>): SessionItem => ({
    type: "part",
    data: { id: createPartId(), messageID, ...data },
  });
  clockMs += 60_000;
  const created = clockMs;
  return [
    { type: "message", data: { id: promptId, role: "user", time: { created } } },
    part(promptId, { type: "text", text: prompt }),
    { type: "message", data: { id: answerId, role: "assistant", time: { created: created + 1 } } },
    part(answerId, {
      type: "tool",
      tool: "bash",
      callID: "call_1",
      state: { status: "completed", input: { command: "npm test" }, output, title: "Tests" },
    }),
    part(answerId, { type: "text", text: answer }),
  ];
}

export const documentOf = (items: readonly object[]) => JSON.stringify({ data: items });

/** A document of at least so many bytes: its first turn, then calls of a tool with long outputs. */
export function largeDocument(bytes: number): { text: string; itemCount: number } {
  const items = turnItems("Make it larger", "It is larger now");
  const output = "0123456789abcde\n".repeat(4_096);
  for (let size = 0; size < bytes; size += output.length)
    items.push(...turnItems("And again", "Done", output));
  return { text: documentOf(items), itemCount: items.length };
}

/** Writes a file and returns where it is. */
export async function writeFileIn(folder: string, name: string, text: string): Promise<string> {
  const filePath = path.join(folder, name);
  await writeFile(filePath, text);
  return filePath;
}
