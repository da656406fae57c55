import { AppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import { detectTranscript, TRANSCRIPT_HEAD_BYTES } from "#server/transcripts/detect-transcript.ts";
import { programNames } from "#server/transcripts/program-names.ts";

/** Members that a document of a session has at least one of. */
const documentMembers = ["data", "messages", "info"];

const ADVICE =
  "bring its file as a whole, as an upload, with `millrace push`, or with `millrace batch import` and the file's name";

/** Throws `invalid_input` for a line that is no session: what is only a part of one would be read as a whole one. */
export function requireSession(line: Readonly<Record<string, unknown>>): void {
  const isItem = "type" in line && isRecord(line["data"]);
  if (!isItem && documentMembers.some((member) => member in line)) return;
  const record = Buffer.from(`${JSON.stringify(line)}\n`).subarray(0, TRANSCRIPT_HEAD_BYTES);
  const found = detectTranscript(record, { isLast: true });
  if (found !== "none" && found !== "undecided")
    refuse(`The line is one record of a transcript of ${programNames[found]}: ${ADVICE}`);
  if (isItem) refuse(`The line is one item of a session: ${ADVICE}`);
  refuse("The line has neither data, nor messages, nor an upload");
}

function refuse(reason: string): never {
  throw new AppError("invalid_input", reason);
}
