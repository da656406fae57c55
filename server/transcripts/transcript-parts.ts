import type { AssistantMessage, Tokens, ToolState } from "#server/executions/canonical-items.ts";

/**
 * What transcripts become: the canonical items of a session, with what other programs say beside it. Folders are those of
 * the machine that the session ran on.
 */
export interface TranscriptMessage {
  id: string;
  sessionID: string;
  /** `system`: what neither the person nor the model has said. */
  role: "user" | "assistant" | "system";
  time: { created: number; completed?: number };
  agent: string;
  parentID?: string;
  mode?: string;
  modelID?: string;
  providerID?: string;
  model?: { providerID: string; modelID: string };
  path?: { cwd: string; root: string };
  /** US dollars; not there where the program does not say. */
  cost?: number;
  tokens?: Tokens;
  finish?: string;
  error?: NonNullable<AssistantMessage["error"]>;
}

export interface TranscriptToolState extends Omit<ToolState, "metadata" | "attachments"> {
  metadata: Record<string, unknown>;
  attachments?: PartBody[];
}

/** A part without its ids. */
export type PartBody = { type: string } & Record<string, unknown>;

export type Part = PartBody & { id: string; messageID: string; sessionID: string };

export type ToolPart = Part & { callID: string; tool: string; state: TranscriptToolState };

/** A text that whoever wrote it did not mean as part of what was said. */
export const hiddenText = (text: string): PartBody => ({ type: "text", text, synthetic: true });

export const noticePart = (
  severity: string,
  title: string,
  description: string | null = null,
): PartBody => ({
  type: "text",
  text: [title, description].filter(Boolean).join("\n\n"),
  metadata: { notice: { severity, title, description } },
});

export const filePart = (mime: string, url: string, filename?: string): PartBody => ({
  type: "file",
  mime,
  ...(filename !== undefined && { filename }),
  url,
});

export const dataUrl = (mime: string, base64: string) => `data:${mime};base64,${base64}`;
