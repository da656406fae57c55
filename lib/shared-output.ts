import type { Output } from "./output.ts";

/** What a share tells of an output. */
export type SharedOutput = Pick<Output, "outputId" | "mime" | "state" | "createdAt"> & {
  /** Without what the share hides. */
  name: string;
};

/** What a share shows of outputs, newest first, page by page. */
export interface SharedOutputsPage {
  outputs: SharedOutput[];
  /** What to ask for `before`, null at the end. */
  next: string | null;
  /** On all pages together, without those that this page left out. */
  total: number;
}
