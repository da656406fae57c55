import { detectTranscript } from "#server/transcripts/detect-transcript.ts";
import type { TranscriptFormat } from "#server/transcripts/transcript-format.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

const programs: Readonly<Record<TranscriptFormat, string>> = {
  claude: "Claude Code",
  codex: "Codex",
  gemini: "Gemini CLI",
};

/** Throws where a file is one session of another program, which is read as a whole; `advice` says what to do with it. */
export function refuseTranscript(head: Uint8Array, name: string, advice: string): void {
  const found = detectTranscript(head);
  if (found === "none" || found === "undecided") return;
  const message = `${name} is a transcript of ${programs[found]}. ${advice}`;
  throw new CommandError(exitCodes.usage, message);
}
