import type { ExportFormat } from "#lib/export.ts";
import { createHtmlWriter } from "./html-writer.ts";
import { createMarkdownWriter } from "./markdown-writer.ts";
import { NdjsonFormat } from "./ndjson-format.ts";
import type { ExportHead, SessionFormat } from "./session-format.ts";
import { SnapshotFormat } from "./snapshot-format.ts";
import { TranscriptFormat } from "./transcript-format.ts";

interface FormatFacts {
  mime: string;
  extension: string;
  create(head: ExportHead): SessionFormat;
}

export const formatFacts: Record<ExportFormat, FormatFacts> = {
  json: {
    mime: "application/json",
    extension: "json",
    create: (head) => new SnapshotFormat(head),
  },
  ndjson: {
    mime: "application/x-ndjson",
    extension: "ndjson",
    create: (head) => new NdjsonFormat(head),
  },
  md: {
    mime: "text/markdown; charset=utf-8",
    extension: "md",
    create: (head) => new TranscriptFormat(createMarkdownWriter(head)),
  },
  html: {
    mime: "text/html; charset=utf-8",
    extension: "html",
    create: (head) => new TranscriptFormat(createHtmlWriter(head)),
  },
};
