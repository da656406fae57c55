import type { Output } from "#lib/output.ts";

/** Both copies of this module, the server's and that of a page, know a reference of the other. */
const BRAND = Symbol.for("millrace.output-ref");

/**
 * A value that lies elsewhere. Made by readers, from rows of ours; nothing that was received as JSON can be one, whatever
 * it looks like, because JSON has no symbols.
 */
export interface OutputRef {
  readonly [BRAND]: true;
  readonly sessionId: string;
  readonly generation: number;
  readonly blobId: string;
  /** Names it in errors: a port, or a place in an item. */
  readonly label: string;
  readonly bytes: number;
  readonly mime: string;
  readonly name: string | null;
  /** What its bytes become in memory: a port's value, or the `data:` URL that they were taken out of. */
  readonly form: Pick<Output, "mode" | "format"> | "data-url";
}

export const createOutputRef = (ref: Omit<OutputRef, typeof BRAND>): OutputRef =>
  Object.freeze({ ...ref, [BRAND]: true as const });

export const isOutputRef = (value: unknown): value is OutputRef =>
  typeof value === "object" && value !== null && Object.hasOwn(value, BRAND);
