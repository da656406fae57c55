import { detectTranscript } from "#server/transcripts/detect-transcript.ts";
import { programNames } from "#server/transcripts/program-names.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** Throws where a file is one session of another program, which is read as a whole; `advice` says what to do with it. */
export function refuseTranscript(head: Uint8Array, name: string, advice: string): void {
  const found = detectTranscript(head, { isLast: true });
  if (found === "none" || found === "undecided") return;
  const message = `${name} is a transcript of ${programNames[found]}. ${advice}`;
  throw new CommandError(exitCodes.usage, message);
}
