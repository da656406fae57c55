import type { ExportTotals } from "#lib/export.ts";
import type { ExportHead } from "../session-format.ts";

export const someHead: ExportHead = {
  sessionId: "ses_00000000000000000000000000",
  title: "A session",
  createdAt: "2026-11-20T10:00:00.000Z",
  exportedAt: "2026-11-20T11:00:00.000Z",
  agent: null,
  model: null,
  repository: null,
  lastSeq: 1,
  generation: 1,
};

export const someTotals: ExportTotals = {
  items: 0,
  messages: 0,
  parts: 0,
  orphanParts: 0,
  leftOut: 0,
  missing: 0,
};
