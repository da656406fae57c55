import type { ExportFormat, ExportRefs } from "#lib/export.ts";
import type { ExportMeasure } from "#server/exports/measure-export.ts";
import { formatBytes } from "#components/format/format-bytes.ts";

export const formatWords: Record<ExportFormat, { label: string; meaning: string }> = {
  json: {
    label: "JSON",
    meaning: "A snapshot, as OpenCode and Kilo import it, and Millrace too.",
  },
  ndjson: {
    label: "NDJSON",
    meaning:
      "Every item on a line of its own. Millrace takes it back byte for byte, and notices when some is missing.",
  },
  md: { label: "Markdown", meaning: "The transcript for people, and to hand to the next agent." },
  html: {
    label: "HTML page",
    meaning: "The transcript as one file that opens anywhere and runs nothing.",
  },
};

export const refsWords: Record<ExportRefs, string> = {
  inline: "Included",
  link: "Linked: who opens the links needs access to this server",
  omit: "Left out",
};

/** Only these have a choice: the others name what is too large for them. */
export const hasRefs = (format: ExportFormat) => format === "json" || format === "ndjson";

/** `About 2.4 MB: 12 messages and 230 parts.` */
export function sizeWords(measure: ExportMeasure, format: ExportFormat, refs: ExportRefs): string {
  const { messages, parts, bytes, blobBytes } = measure;
  const hasBlobs = hasRefs(format) && refs === "inline";
  const size = formatBytes(Math.max(0, hasBlobs ? bytes : bytes - blobBytes));
  const counts = `${plural(messages, "message")} and ${plural(parts, "part")}`;
  return hasRefs(format) ? `About ${size}: ${counts}.` : `At most about ${size}: ${counts}.`;
}

export const plural = (count: number, word: string) =>
  `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;
