import { hash } from "node:crypto";
import { isOutputId } from "#lib/ids.ts";
import { REFERENCE_THRESHOLD_BYTES } from "#lib/limits.ts";
import { toCleanText } from "./clean-text.ts";
import type { FoundFile } from "./find-embedded-files.ts";
import { readMembers } from "./read-members.ts";

const FACT_MAX_CHARACTERS = 1_000;

/** What a line of an export says of its output. */
export interface OutputLine {
  /** The id that the output had where the export was made; null when it is none. */
  outputId: string | null;
  port: string | null;
  mime: string;
  /** Why it ends in the middle, safe to show; null for a whole one. */
  cutOff: string | null;
  /** The bytes where they are few enough for a row; otherwise they become a blob, as other files do. */
  small: { value: Buffer; sha256: string } | null;
}

/** Its facts stand before its bytes. Null for a line without any bytes. */
export function readOutputLine(body: Buffer, files: readonly FoundFile[]): OutputLine | null {
  const own = files.find(isBytesOfLine);
  if (!own) return null;
  const { start, end, bytes, mime } = own;
  const facts = readMembers(body.subarray(0, start), ["id", "port", "state", "error"]);
  const textOf = (name: string) => toCleanText(facts.get(name), FACT_MAX_CHARACTERS);
  const reason = textOf("error") ?? "It was brought as incomplete";
  const outputId = textOf("id");
  const isSmall = bytes < REFERENCE_THRESHOLD_BYTES;
  const value = isSmall ? Buffer.from(body.toString("latin1", start, end), "base64") : null;
  return {
    outputId: outputId !== null && isOutputId(outputId) ? outputId : null,
    port: textOf("port"),
    mime,
    cutOff: facts.get("state") === "incomplete" ? reason : null,
    small: value && { value, sha256: hash("sha256", value, "hex") },
  };
}

/** Whether a file of a line is the output itself. */
export const isBytesOfLine = ({ pointer }: Pick<FoundFile, "pointer">) => pointer === "/url";
