import type { BinaryFormat, PortMode } from "./stream-ports.ts";

/** `incomplete` ends in the middle: what came before is readable, and stays so. */
export type OutputState = "writing" | "complete" | "incomplete";

/** Where an output came from: a job's events, a tool's request, a file in the agent's folder, what the agent said. */
export type OutputSource = "execution" | "tool" | "file" | "content";

/** What came out of one port of one execution. Read it at `/api/v1/outputs/:outputId`. */
export interface Output {
  outputId: string;
  sessionId: string;
  generation: number;
  /** Empty for what no execution made. */
  executionId: string;
  port: string;
  /** The same port of the same execution was written so many times before. */
  n: number;
  source: OutputSource;
  mode: PortMode;
  /** Of binary ports; null for others. */
  format: BinaryFormat | null;
  mime: string;
  name: string | null;
  state: OutputState;
  /** As far as it is stored. */
  bytes: number;
  /** Hex; null until complete. */
  sha256: string | null;
  /** Small enough to lie in its row: whoever asks for the value gets it, not a reference. */
  isInline: boolean;
  /** Why it is incomplete, safe to show; null otherwise. */
  error: string | null;
  /** Positions in the session's log: where it began, and where it changed last. */
  firstSeq: number;
  seq: number;
  /** ISO 8601. */
  createdAt: string;
  /** Null while it is written. */
  endedAt: string | null;
}
