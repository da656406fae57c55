/** A line of a batch as this browser has it. */
export interface SourceLine {
  index: number;
  /** It says its index itself; else its place among the lines of its source does. */
  isIndexStated: boolean;
  /** Where it stands: bytes of `file`, the line break not among them. */
  file: Blob;
  start: number;
  end: number;
  /**
   * `line`: goes as it is. `upload`: goes as an upload, which a line then names. `document`: a small file of its own, which
   * becomes a line. `file`: any other file of its own, which goes as an upload.
   */
  way: "line" | "upload" | "document" | "file";
  /** Of the file, where it has one: what an upload is called. */
  name: string;
}

/** All lines of a batch, in the order in which they are sent. */
export interface LineSource {
  lines: readonly SourceLine[];
  /** How many the batch will have; null when nobody can say. */
  expectedCount: number | null;
}
