import { readFile } from "node:fs/promises";
import path from "node:path";
import { createGates, type Gates } from "./gates.ts";

/** The id of the agent for `session.start`. */
export const RECORDING_AGENT = "recording";

/** An agent that tells what it was asked, whatever became of the servers that asked. */
export interface RecordingAgent {
  /** For the server. */
  environment: Record<string, string>;
  /** `initialize`, `session-new`, `session-prompt`, and `turn` between the first and the last word of an answer. */
  gates: Gates;
  /** Texts of all prompts that agents of this test were given, in order; isolated ones leave them in their home. */
  readPrompts(homePath?: string): Promise<string[]>;
}

/** `folder` holds the record and the gates. */
export function createRecordingAgent(folder: string): RecordingAgent {
  const script = path.join(import.meta.dirname, "recording-agent.mjs");
  const command = {
    label: "Recorder",
    command: process.execPath,
    args: [script, folder],
  };
  return {
    environment: { AGENT_COMMANDS: JSON.stringify({ [RECORDING_AGENT]: command }) },
    gates: createGates(folder),
    async readPrompts(homePath = folder) {
      const record = await readFile(path.join(homePath, "requests.ndjson"), "utf8").catch(() => "");
      const requests = record
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { method: string; text: string });
      return requests.filter(({ method }) => method === "session/prompt").map(({ text }) => text);
    },
  };
}
