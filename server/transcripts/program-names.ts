import type { TranscriptFormat } from "./transcript-format.ts";

/** What people call the programs. */
export const programNames: Readonly<Record<TranscriptFormat, string>> = {
  claude: "Claude Code",
  codex: "Codex",
  gemini: "Gemini CLI",
};
