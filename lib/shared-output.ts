import type { Output } from "./output.ts";

/** What a share tells of an output. */
export type SharedOutput = Pick<Output, "outputId" | "mime" | "state" | "createdAt"> & {
  /** Without what the share hides. */
  name: string;
};
