export const exportFormats = ["json", "ndjson", "md", "html"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What stands for a body that is a blob: the body, where to get it, or a word that it was left out. */
export const exportRefs = ["inline", "link", "omit"] as const;
export type ExportRefs = (typeof exportRefs)[number];

/** Type of the first and of the last line of an NDJSON export; no item has it. */
export const EXPORT_LINE_TYPE = "millrace_export";
/** Type of a line that stands where an item's body is not in the export. */
export const LEFT_OUT_LINE_TYPE = "millrace_left_out";
/** Type of a line that holds an output: what came out beside the transcript. */
export const OUTPUT_LINE_TYPE = "millrace_output";
/** Member of a snapshot that holds outputs. */
export const OUTPUTS_MEMBER = "millraceOutputs";
/** Last member of a snapshot that was exported: what was counted. */
export const EXPORT_MEMBER = "millraceExport";
/** Last member of a line of an NDJSON export that needs one, an `ExportLineExtras`. */
export const EXPORT_LINE_MEMBER = "millrace";

/** What a line says of its item beside its body and what surrounded it. */
export interface ExportLineExtras {
  /** Message id and part id, where the body does not have them. */
  ids?: [messageId: string, partId: string];
  /**
   * Line breaks that were in the envelope or the body, which no line can have; here they are blanks. How far each stands
   * behind the one before, in bytes of the envelope with its braces, and then of the body.
   */
  breaks?: number[];
}

/** What an export says of itself at its end. */
export interface ExportTotals {
  items: number;
  messages: number;
  parts: number;
  /** Parts whose message has not come: in a snapshot there is no place for them. */
  orphanParts: number;
  /** What came out beside the transcript; left out where nothing did. */
  outputs?: number;
  /** Items and outputs without their bytes, because these were to be linked or left out. */
  leftOut: number;
  /** Items whose body is not to be found in the store. */
  missing: number;
}
